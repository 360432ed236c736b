"""Denoise (guided a-trous on demodulated radiance), tone-map and write straight-alpha PNG."""
import os, sys
os.environ['OPENCV_IO_ENABLE_OPENEXR'] = '1'
import cv2, numpy as np


def rd(p):
    a = cv2.imread(p, cv2.IMREAD_UNCHANGED).astype(np.float32)
    return a[..., [2, 1, 0, 3]] if a.ndim == 3 and a.shape[2] == 4 else (a[..., ::-1] if a.ndim == 3 else a)


def atrous(img, alb, nrm, alpha, its=4, sc=.5, sn=.12, sa=.06):
    H, W, _ = img.shape
    ker = np.array([1, 4, 6, 4, 1], np.float32) / 16
    feat_a, feat_n = alb, nrm
    out = img
    first = None
    for it in range(its):
        st = 1 << it
        acc = np.zeros_like(img); wsum = np.zeros((H, W, 1), np.float32)
        pad = 2 * st
        P = lambda a: cv2.copyMakeBorder(a, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
        o, fa, fn, al = P(out), P(feat_a), P(feat_n), P(alpha)
        lum = np.log1p(out.mean(2) * 4)
        lumb = cv2.GaussianBlur(lum, (0, 0), 1.5)
        lp = P(lumb)
        for dy in range(-2, 3):
            for dx in range(-2, 3):
                y, x = pad + dy * st, pad + dx * st
                sl = (slice(y, y + H), slice(x, x + W))
                w = ker[dy + 2] * ker[dx + 2] * np.exp(
                    -((fa[sl] - feat_a) ** 2).sum(2) / sa ** 2 - ((fn[sl] - feat_n) ** 2).sum(2) / sn ** 2
                    - ((lp[sl] - lumb) / sc) ** 2 - ((al[sl] - alpha) / .1) ** 2)
                acc += o[sl] * w[..., None]; wsum += w[..., None]
        out = acc / np.maximum(wsum, 1e-6)
        if it < 2:
            l1 = np.clip((.34 - wsum) / .2, 0, 1)
            lone = l1 if it == 0 else np.maximum(lone, l1)
        sc *= .7
    lone = cv2.GaussianBlur(cv2.dilate(lone, np.ones((3, 3))), (0, 0), .8)[..., None]
    o32 = np.ascontiguousarray(out.astype(np.float32))
    med = cv2.medianBlur(cv2.medianBlur(o32, 5), 5)
    return out * (1 - lone) + cv2.GaussianBlur(med, (0, 0), 1.0) * lone


def comb(lum, mask, dirs, length=9):
    """Smooths strand luminance along the strands: `dirs` is their double-angle direction."""
    ang = .5 * np.arctan2(dirs[..., 1], dirs[..., 0])
    dx, dy = np.cos(ang).astype(np.float32), np.sin(ang).astype(np.float32)
    h, wd = lum.shape
    y0, x0 = np.mgrid[0:h, 0:wd].astype(np.float32)
    acc, tot = lum * mask, mask.copy()
    for sgn in (1, -1):
        x, y, px, py = x0.copy(), y0.copy(), dx * sgn, dy * sgn
        for k in range(1, length + 1):
            x += px; y += py
            vx, vy = (cv2.remap(d, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE) for d in (dx, dy))
            s = np.where(vx * px + vy * py < 0, -1, 1)
            px, py = vx * s, vy * s
            wt = np.exp(-.5 * (k / (length * .5)) ** 2) * cv2.remap(mask, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            acc += wt * cv2.remap(lum, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE); tot += wt
    return np.where(tot > .05, acc / np.maximum(tot, .05), lum).astype(np.float32)


def matte_albedo(alb, nrm, skin):
    """At grazing angles the albedo pass holds the Fresnel reflection, which would leave a bright outline: take it from nearby."""
    facing = -nrm[..., 2]                                  # camera space, -z towards the viewer
    w = (skin * np.clip((facing - .45) / .2, 0, 1))[..., None]
    near = cv2.GaussianBlur(alb * w, (0, 0), 7) / np.maximum(cv2.GaussianBlur(w[..., 0], (0, 0), 7), 1e-3)[..., None]
    g = (skin * (1 - np.clip((facing - .45) / .25, 0, 1)))[..., None]
    return alb * (1 - g) + np.minimum(alb, near) * g


def pores(shape, origin, amount=.016):
    """Fine skin grain, the same for every patch because it is fixed to the canvas (origin = left, top of the patch)"""
    r = np.random.default_rng(12).standard_normal((2048, 2048), dtype=np.float32)
    x, y = origin
    t = r[y:y + shape[0], x:x + shape[1]]
    band = cv2.GaussianBlur(t, (0, 0), .7) * 2.2 - cv2.GaussianBlur(t, (0, 0), 2.2) * 2.2
    return (band * amount)[..., None]


def directions(folder, shape, crop):
    z = np.load(os.path.join(folder, 'strands.npz'))
    size = int(z['size'])
    x0, y0, x1, y1 = crop if crop is not None else z['crop']
    d = cv2.resize(z['dirs'], (size, size), interpolation=cv2.INTER_LINEAR)[y0:y1, x0:x1]
    return cv2.resize(d, (shape[1], shape[0]))


def denoise(base, its=4, crop=None):
    origin = tuple(crop[:2]) if crop is not None else (0, 0)
    rgba = rd(base + '_rgb.exr'); alb = rd(base + '_alb.exr')[..., :3]; nrm = rd(base + '_nrm.exr')[..., :3]
    a = np.clip(rgba[..., 3], 0, 1)
    alb = np.clip(alb, 0, 1)
    # firefly clamp against local median
    rgb = rgba[..., :3]
    med = cv2.medianBlur(np.ascontiguousarray(rgb), 5)
    ml, l = med.mean(2), rgb.mean(2)
    f = np.minimum(1, (ml * 3 + .06) / np.maximum(l, 1e-6))
    rgb = rgb * f[..., None]
    idx = rd(base + '_idx.exr'); idx = idx if idx.ndim == 2 else idx[..., 0]
    skin = (np.abs(idx - 2) < .5).astype(np.float32)
    alb = matte_albedo(alb, nrm, skin)
    ac = cv2.GaussianBlur(alb, (0, 0), .6)
    nc = cv2.GaussianBlur(nrm, (0, 0), 1.0)
    dem = rgb / (ac + .04)
    out = atrous(dem, ac, nc, a, its) * (ac + .04)
    out = out * (1 + pores(out.shape, origin) * cv2.GaussianBlur(skin, (0, 0), 2)[..., None])
    # brows: points of single hairs are averaged into soft ones
    brow = np.clip(cv2.GaussianBlur((np.abs(idx - 3) < .5).astype(np.float32), (0, 0), 1.0) * 1.4, 0, 1)[..., None]
    out = out * (1 - brow) + cv2.GaussianBlur(cv2.medianBlur(np.ascontiguousarray(rgb.astype(np.float32)), 3), (0, 0), .8) * brow
    # strands keep their own detail
    k = np.clip(cv2.GaussianBlur((np.abs(idx - 1) < .5).astype(np.float32), (0, 0), .9) * 1.3, 0, 1)[..., None]
    r32 = np.ascontiguousarray(rgb.astype(np.float32))
    m3 = cv2.medianBlur(r32, 3)
    lum = r32.mean(2); lum = np.minimum(lum, m3.mean(2) * 1.9 + .01)
    hair = np.clip((np.abs(idx - 1) < .5) * (a > .35), 0, 1).astype(np.float32)
    if hair.mean() > .01:
        lum = lum * (1 - .8 * k[..., 0]) + comb(lum, hair, directions(os.path.dirname(base), lum.shape, crop)) * .8 * k[..., 0]
    chroma = cv2.GaussianBlur(cv2.medianBlur(r32, 5), (0, 0), 2.0); chroma = chroma / np.maximum(chroma.mean(2, keepdims=True), 1e-5)
    soft = lum[..., None] * chroma
    return np.concatenate([out * (1 - k) + soft * k, a[..., None]], 2)


def tone(lin, ev=0., sat=1.06, warm=0.):
    rgb, a = lin[..., :3], lin[..., 3:]
    c = rgb / np.maximum(a, 1e-4) * 2.0 ** ev
    c = c * np.array([1 + warm, 1, 1 - warm], np.float32)
    def curve(x):
        x = x * .72
        return np.clip((x * (2.51 * x + .03)) / (x * (2.43 * x + .59) + .14), 0, 1)
    y = c @ np.array([.2126, .7152, .0722], np.float32)
    pc = curve(c)
    lp = c / np.maximum(y, 1e-6)[..., None] * curve(y)[..., None]
    o = np.clip(.65 * pc + .35 * lp, 0, 1)
    g = (o @ np.array([.2126, .7152, .0722], np.float32))[..., None]
    o = np.clip(g + (o - g) * sat, 0, 1)
    o = np.where(o <= .0031308, 12.92 * o, 1.055 * o ** (1 / 2.4) - .055)
    return np.concatenate([o, a], 2)


def save(path, srgba, bg=None):
    o = srgba
    if bg is not None:
        b = np.array([int(bg[i:i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
        if True:
            H = o.shape[0]
            gy = np.linspace(1.06, .90, H, dtype=np.float32)[:, None, None]
            b = np.clip(b[None, None] * gy, 0, 1)
        o = np.concatenate([o[..., :3] * o[..., 3:] + b * (1 - o[..., 3:]), np.ones_like(o[..., 3:])], 2)
    cv2.imwrite(path, (np.clip(o[..., [2, 1, 0, 3]], 0, 1) * 255 + .5).astype(np.uint8))


if __name__ == '__main__':
    base, out = sys.argv[1:3]
    ev = float(sys.argv[3]) if len(sys.argv) > 3 else 0
    import time; t = time.time()
    d = denoise(base)
    np.save(base + '_dn.npy', d.astype(np.float16))
    s = tone(d, ev)
    save(out, s); save(out.replace('.png', '_v.png'), s, '#aab4bd')
    print('post', time.time() - t)
