"""Procedural strand hair: grown from the scalp with a combing field, gravity and collision."""
import numpy as np
from scipy.spatial import cKDTree


def tri(faces):
    t = []
    for f in faces:
        t.append(f[:3])
        if len(f) == 4:
            t.append([f[0], f[2], f[3]])
    return np.array(t)


class Surface:
    def __init__(self, v, faces, n=300000, seed=3):
        self.t = tri(faces)
        self.v = v
        a, b, c = (v[self.t[:, i]] for i in range(3))
        nr = np.cross(b - a, c - a)
        ar = np.linalg.norm(nr, axis=1) + 1e-12
        # smooth vertex normals
        vn = np.zeros_like(v)
        for i in range(3):
            np.add.at(vn, self.t[:, i], nr)
        vn /= np.linalg.norm(vn, axis=1, keepdims=True) + 1e-12
        r = np.random.default_rng(seed)
        self.fi, self.bc = self.pick(n, ar, r)
        self.p = (v[self.t[self.fi]] * self.bc[..., None]).sum(1)
        self.nrm = (vn[self.t[self.fi]] * self.bc[..., None]).sum(1)
        self.nrm /= np.linalg.norm(self.nrm, axis=1, keepdims=True)
        self.kd = cKDTree(self.p)

    def patch_ears(self, ear):
        """replace the surface around each ear by a smooth side wall so that strands fall past it"""
        y0, y1, z0, z1 = ear[:, 1].min() - .1, ear[:, 1].max() + .1, ear[:, 2].min() - .1, ear[:, 2].max() + .1
        box = (self.p[:, 1] > y0) & (self.p[:, 1] < y1) & (self.p[:, 2] > z0) & (self.p[:, 2] < z1) & (np.abs(self.p[:, 0]) > .45)
        rim = box & (np.abs(self.p[:, 0]) < np.abs(ear[:, 0]).max())
        g = np.random.default_rng(9)
        n = 3500
        y, z = g.uniform(y0, y1, n), g.uniform(z0, z1, n)
        # wall through the rim of the box
        ring = (self.p[:, 1] > y0 - .12) & (self.p[:, 1] < y1 + .12) & (self.p[:, 2] > z0 - .12) & (self.p[:, 2] < z1 + .12) & (np.abs(self.p[:, 0]) > .45) & ~box
        A = np.stack([np.ones(ring.sum()), self.p[ring, 1], self.p[ring, 2], self.p[ring, 1] ** 2, self.p[ring, 2] ** 2], 1)
        cf = np.linalg.lstsq(A, np.abs(self.p[ring, 0]), rcond=None)[0]
        x = np.stack([np.ones(n), y, z, y ** 2, z ** 2], 1) @ cf + .02
        gy, gz = cf[1] + 2 * cf[3] * y, cf[2] + 2 * cf[4] * z
        nn = nz(np.stack([np.ones(n), -gy, -gz], 1))
        P = [self.p[~box]]; M = [self.nrm[~box]]
        for sg in (1, -1):
            P.append(np.stack([sg * x, y, z], 1)); M.append(nn * [sg, 1, 1])
        self.p, self.nrm = np.concatenate(P), np.concatenate(M)
        self.kd = cKDTree(self.p)

    @staticmethod
    def pick(n, area, r):
        fi = r.choice(len(area), n, p=area / area.sum())
        u, w = r.random(n), r.random(n)
        s = np.sqrt(u)
        return fi, np.stack([1 - s, s * (1 - w), s * w], 1)


def smoothstep(a, b, x):
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def nz(a):
    return a / (np.linalg.norm(a, axis=-1, keepdims=True) + 1e-12)


def hairline(az, eye_y, top_y, style):
    """height of the hairline for azimuth az (0 = front, 180 = back), degrees"""
    h = top_y - eye_y
    pts = style['hairline']
    return eye_y + h * np.interp(az, [p[0] for p in pts], [p[1] for p in pts])


def grow(surf, eye, top_y, ear_mask_fn, style, seed=11):
    r = np.random.default_rng(seed)
    p, nrm = surf.p, surf.nrm
    c = np.array([0, eye[1] + .28, .15])
    d = p - c
    az = np.degrees(np.arctan2(np.abs(d[:, 0]), d[:, 2]))
    hl = hairline(az, eye[1], top_y, style)
    edge = (p[:, 1] - hl)
    ok = (edge > r.normal(0, style.get('ragged', .025), len(p))) & ~ear_mask_fn(p) & (p[:, 1] > eye[1] - .75)
    # soft front edge
    ok &= r.random(len(p)) < np.clip(.25 + edge / style.get('thin', .12), 0, 1)
    idx = np.where(ok)[0]
    idx = r.choice(idx, min(style['count'], len(idx)), replace=False) if len(idx) > style['count'] else idx
    root, n0, az, edge = p[idx], nrm[idx], az[idx], edge[idx]
    N = len(root)
    K, L = style['steps'], style['length_fn'](root, az, edge, r)
    ds = (L / (K - 1))[:, None]
    xp = style.get('part', .16)
    side = np.tanh((root[:, 0] - xp - .025 * np.sin(root[:, 2] * 9) + r.normal(0, .022, N)) / .03)[:, None]
    dirn = style['comb_fn'](root, n0, az, side, edge, r)
    lift = (style['lift_fn'](root, az) if 'lift_fn' in style else style.get('lift', .3)) + style.get('part_lift', 0) * np.exp(-((root[:, 0] - xp) / .12) ** 2)
    dirn = nz(dirn - n0 * (dirn * n0).sum(1, keepdims=True) * 1.0 + n0 * np.asarray(lift)[..., None])
    layer = style.get('layer0', .03) + style.get('layer', .16) * r.random(N) ** 1.4 * smoothstep(0, .5, edge)
    layer = layer * (1 + style.get('crown', 0) * smoothstep(.2, 1.1, edge))
    if 'bulk_fn' in style:
        layer = layer * style['bulk_fn'](root)
    if 'part_soft' in style:                              # volume grows away from the parting, so that it never looks cut in
        layer = layer * (.8 + .2 * smoothstep(0, style['part_soft'], np.abs(root[:, 0] - xp)))
    layer = np.maximum(layer, style.get('ear_layer', 0) * smoothstep(.5, .62, np.abs(root[:, 0])))
    out = np.zeros((N, K, 3)); out[:, 0] = root - n0 * .002
    x = root.copy()
    g = np.array([0, -1., 0])
    for k in range(1, K):
        t = k / (K - 1)
        dirn = nz(dirn + ds * style['gravity'] * g)
        if 'field_fn' in style:
            dirn = nz(dirn + ds * style['field_fn'](x, root, side, t))
        x = x + dirn * ds
        dist, j = surf.kd.query(x, workers=2)
        q, m = surf.p[j], surf.nrm[j]
        sd = ((x - q) * m).sum(1)
        want = layer * min(1, .40 + t * style.get('rise', 4)) + .012
        pen = want - sd
        # cohesion: hair lies on the head instead of standing off it
        up = smoothstep(style.get('coh_y', 0) - .1, style.get('coh_y', 0) + .3, x[:, 1])
        coh = np.clip(-pen, 0, .6) * style.get('cohesion', 0) * up
        x -= m * coh[:, None]
        hit = (pen > 0) & (dist < .9)
        x[hit] += m[hit] * pen[hit, None]
        inn = (dirn * m).sum(1)
        fix = hit & (inn < 0)
        dirn[fix] = nz(dirn[fix] - m[fix] * inn[fix, None] * 1.0)
        if 'clear_fn' in style:
            x2 = style['clear_fn'](x, root, side, t)
            mv = x2 - x
            x = x2
            dirn = nz(dirn + mv * 1.2)
        out[:, k] = x
    return out, dict(az=az, edge=edge, side=side, root=root)


def smooth(s, it=2):
    for _ in range(it):
        s[:, 1:-1] = .25 * s[:, :-2] + .5 * s[:, 1:-1] + .25 * s[:, 2:]
    return s


def clump(s, n_clump, strength, power=1.3, noise=.02, freq=2.2, seed=5):
    r = np.random.default_rng(seed)
    N, K, _ = s.shape
    ci = r.choice(N, n_clump, replace=False)
    mid = s[:, K // 3]
    feat = np.concatenate([s[:, 0], mid * .7], 1)
    kd = cKDTree(feat[ci])
    _, j = kd.query(feat)
    ctr = s[ci][j]
    t = np.linspace(0, 1, K)
    st = strength * (0.4 + .6 * r.random(N))
    w = (st[:, None] * (t ** power)[None])[..., None]
    s = s * (1 - w) + ctr * w
    # low-frequency waves per clump + fine noise per strand
    ph = r.uniform(0, 6.28, (n_clump, 3))[j]
    am = r.normal(0, 1, (n_clump, 3))[j]
    tt = t[None, :, None]
    s += noise * 1.2 * am[:, None] * np.sin(freq * 6.28 * tt + ph[:, None]) * tt
    ph2 = r.uniform(0, 6.28, (N, 1, 3))
    am2 = r.normal(0, 1, (N, 1, 3))
    s += noise * .35 * am2 * np.sin(freq * 11 * tt + ph2) * tt
    fly = r.random(N) < .015
    s[fly] += (r.normal(0, 1, (fly.sum(), 1, 3)) * noise * 3 * tt ** 1.5)
    return s


# ------------------------------------------------------------------ styles
def lob_style(eye, face_w, top_y, cfg):
    """Side-parted hair that frames the face and is worn behind the shoulders."""
    part = cfg.get('part', .3)
    ends_y = eye[1] - cfg.get('ends_below_eye', 1.7)

    def length(root, az, edge, r):
        target = ends_y + .10 * r.normal(0, 1, len(root)).clip(-2, 2.2)
        full = (root[:, 1] - target) + .24 + .30 * smoothstep(.3, 1.0, edge)
        return np.clip(full, .5, 4) * (1 - .12 * r.random(len(root)) ** 3)

    def comb(root, n0, az, side, edge, r):
        fr = smoothstep(95, 20, az)[:, None]
        near = np.exp(-((root[:, 0] - part) / .22) ** 2)[:, None]
        d = side * np.array([[1., 0, 0]]) + np.array([[0, .35, 0]]) * (1 - np.abs(side))
        d = d + np.array([[0, 0, -1.]]) * (.35 + .9 * fr + .6 * fr * near) * cfg.get('combed_back', 1) + np.array([[0, .18, 0]]) * fr
        d = d + r.normal(0, .09, d.shape)
        return nz(d)

    def clear(x, root, side, t):
        # the face stays free: strands move sideways past its contour
        y = x[:, 1]
        low = smoothstep(eye[1] + .72, eye[1] + .30, y) * smoothstep(.10, .30, t)
        want = (face_w * (1.0 - .14 * smoothstep(eye[1] - .2, eye[1] - 1.0, y))) * low
        fz = smoothstep(.25, .6, x[:, 2])
        s = np.where(side[:, 0] >= 0, 1., -1.)
        push = np.clip(want - x[:, 0] * s, 0, None) * fz
        o = x.copy()
        o[:, 0] += s * push * .7
        o[:, 2] -= push * .8
        return o

    def shape(s):
        """Outline of the finished strands: full at the temples, loose waves in the lengths, drawn back below the jaw."""
        x, y, z = s[..., 0], s[..., 1], s[..., 2]
        rel = y - eye[1]
        limit = np.interp(-rel, [-1.4, -.6, 0, .5, .9, 1.3, 1.7], np.array([.76, .90, .91, .88, .82, .76, .70]))
        limit = limit * cfg.get('outline', 1) * (1 - cfg.get('round', 0) * smoothstep(0, -.9, z) * smoothstep(-.3, .3, rel))
        over = np.clip(np.abs(x) - limit * .86, 0, None)
        soft = limit * .86 + limit * .24 * np.tanh(over / (limit * .34))
        x = np.where(over > 0, np.sign(x) * soft, x)
        down = smoothstep(.15, -1.2, rel)
        lean = np.sign(x) * .05 * np.sin(2.6 * rel + 4.0 * z + np.where(x > 0, .4, 1.5)) * down
        back = cfg.get('behind', .85) * smoothstep(-.45, -1.35, rel)        # worn behind the shoulders
        tips = smoothstep(-.10, -1.15, rel) * cfg.get('curl', 0)            # the ends turn in
        x = x * (1 - .38 * tips)
        z = z + cfg.get('forward', 0) * smoothstep(.55, -.25, rel) * smoothstep(.35, .65, np.abs(x)) * smoothstep(-.5, .1, z)      # over the ears
        return np.stack([x + lean, y, z - back + .04 * np.cos(2.9 * rel + 3.0 * np.abs(x)) * down], -1)

    return dict(count=cfg.get('count', 34000), steps=44, gravity=6.0, lift=.34, layer=.20, layer0=.07, ear_layer=.07, crown=.45, cohesion=.15,
                coh_y=eye[1] - .9, part=part, part_soft=.2, part_lift=.75, rise=3,
                length_fn=length, comb_fn=comb, clear_fn=clear, shape_fn=shape,
                hairline=[(0, .57), (25, .575), (42, .55), (55, .44), (66, .28), (78, .10), (88, -.04), (96, .16), (112, .25), (124, .02), (140, -.38), (180, -.52)])


def short_style(eye, face_w, top_y, cfg):
    """Short hair: longer on top and swept up, back and to one side; the sides taper"""
    h = top_y - eye[1]
    sweep = cfg.get('sweep', -1)

    def topness(root):
        return smoothstep(.50, .86, (root[:, 1] - eye[1]) / h)

    def length(root, az, edge, r):
        top = topness(root)
        sides = .035 + .10 * smoothstep(-.3, .5, (root[:, 1] - eye[1]) / h)
        return (sides * (1 - top) + cfg.get('length', .52) * top * (.72 + .35 * smoothstep(110, 20, az))) * r.uniform(.72, 1.1, len(root))

    def comb(root, n0, az, side, edge, r):
        t = topness(root)[:, None]
        fr = smoothstep(75, 10, az)[:, None]
        top = np.array([[.62 * sweep, .10, -.55]]) + fr * np.array([[0, .45, .05]])
        down = np.array([[0, -1., -.55]])
        return nz(top * t + down * (1 - t) + r.normal(0, .08, root.shape))

    def lift(root, az):
        return .30 + .75 * topness(root) * smoothstep(75, 15, az)

    return dict(count=cfg.get('count', 44000), steps=14, gravity=.9, lift_fn=lift, layer=.07, layer0=.010, crown=1.8, part=.34, rise=5, cohesion=.22, coh_y=eye[1] - 1,
                bulk_fn=lambda root: .25 + .75 * topness(root), ragged=.05, thin=.2, scalp_edge=(-.08, .09), length_fn=length, comb_fn=comb,
                hairline=[(0, .60), (16, .605), (28, .63), (36, .59), (43, .44), (48, .27), (52, .06), (55, -.20), (59, -.22), (61, .06), (66, .13), (74, .13), (79, .04), (85, -.15), (105, -.34), (140, -.42), (180, -.48)])


def fringe(surf, eye, top_y, style, cfg, steps, seed=21):
    """Fine hair that falls from the hairline over the forehead, parted into locks that let it shine through"""
    r = np.random.default_rng(seed)
    p, n0 = surf.p, surf.nrm
    d = p - np.array([0, eye[1] + .28, .15])
    az = np.degrees(np.arctan2(np.abs(d[:, 0]), d[:, 2]))
    edge = p[:, 1] - hairline(az, eye[1], top_y, style)
    idx = r.choice(np.where((np.abs(p[:, 0]) < cfg.get('half_width', .42)) & (p[:, 2] > 0) & (edge > 0) & (edge < cfg.get('depth', .22)))[0], cfg['count'])
    root, nrm = p[idx], n0[idx]
    N = len(root)
    u = root[:, 0] / cfg.get('half_width', .42)
    locks = np.linspace(-1, 1, cfg.get('locks', 15)) + r.normal(0, .03, cfg.get('locks', 15))
    lock = np.abs(u[:, None] + r.normal(0, .05, N)[:, None] - locks).argmin(1)
    fall = locks[lock] + r.normal(0, cfg.get('loose', .035), N)
    end_y = eye[1] + cfg.get('ends_above_eye', .26) - .12 * np.abs(fall) ** 3 + r.normal(0, .025, N) + r.normal(0, .03, len(locks))[lock]
    end = np.stack([fall * cfg.get('spread', .56), end_y, np.full(N, 1.2)], 1)
    _, j = surf.kd.query(end)
    end = surf.p[j] + surf.nrm[j] * r.uniform(.035, .075, N)[:, None]
    end[:, 1] = end_y
    a = root + nrm * .16 + np.array([0, .02, .12])
    b = end + np.array([0, .30, 0]) + surf.nrm[j] * .13
    t = np.linspace(0, 1, steps)[None, :, None]
    s = root[:, None] * (1 - t) ** 3 + 3 * a[:, None] * t * (1 - t) ** 2 + 3 * b[:, None] * t ** 2 * (1 - t) + end[:, None] * t ** 3
    flat = s.reshape(-1, 3)
    _, j = surf.kd.query(flat)
    depth = ((flat - surf.p[j]) * surf.nrm[j]).sum(1)
    flat += surf.nrm[j] * np.clip(.02 - depth, 0, None)[:, None] * np.tile(np.linspace(0, 1, steps) > .05, N)[:, None]
    s = smooth(flat.reshape(s.shape), 2)
    return s + r.normal(0, .012, (N, 1, 3)) * t * np.sin(3 * t + r.uniform(0, 6, (N, 1, 1)))


# ------------------------------------------------------------------ brows on a fitted card
class Brows:
    def __init__(self, proxy, alpha, style, seed=4):
        per_side, self.length = style['per_side'], style['length']
        self.t = tri(proxy.mesh['f'])
        tu = tri(proxy.mesh['fuv'])
        r = np.random.default_rng(seed)
        v = proxy.mesh['v']
        a, b, c = (v[self.t[:, i]] for i in range(3))
        ar = np.linalg.norm(np.cross(b - a, c - a), axis=1)
        fi, bc = Surface.pick(per_side * 24, ar, r)
        uv = (proxy.mesh['vt'][tu[fi]] * bc[..., None]).sum(1)
        h, w = alpha.shape
        al = alpha[np.clip((uv[:, 1] * h).astype(int), 0, h - 1), np.clip((uv[:, 0] * w).astype(int), 0, w - 1)]
        keep = r.random(len(fi)) < al ** 1.3
        k = np.where(keep)[0][:per_side * 2]
        self.fi, self.bc, self.n = fi[k], bc[k], len(k)
        self.r = r.normal(0, 1, (self.n, 4)); self.len = r.uniform(.7, 1.2, self.n)

    def strands(self, card, K=6):
        p = (card[self.t[self.fi]] * self.bc[..., None]).sum(1)
        s = np.sign(p[:, 0])[:, None]
        ax = np.abs(p[:, 0]); lo, hi = ax.min(), ax.max()
        u = ((ax - lo) / (hi - lo))
        ang = np.radians(np.interp(u, [0, .12, .4, .75, 1], [80, 58, 30, 6, -14]) + self.r[:, 0] * 9)
        # converge upper hairs down, lower hairs up
        d = np.stack([s[:, 0] * np.cos(ang), np.sin(ang), -.35 * u * np.cos(ang) + .12], 1)
        L = self.length * self.len * (1 - .25 * u)
        t = np.linspace(0, 1, K)[None, :, None]
        bend = np.stack([s[:, 0] * .25, -.22 + 0 * u, -.25 + 0 * u], 1)
        return (p - [0, 0, .012])[:, None] + d[:, None] * L[:, None, None] * t + bend[:, None] * (L[:, None, None] * t ** 2) * .6
STYLES = {'lob': lob_style, 'short': short_style}
