"""pack.py RAW STYLE.json PACK : writes an avatar pack (docs/avatar-packs.md) from developed layers and motion fields"""
import glob, json, os, subprocess, sys, tempfile
import numpy as np, cv2
from scipy import ndimage
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import visemes as vz

raw, style, out = sys.argv[1], json.load(open(sys.argv[2])), sys.argv[3]
meta = json.load(open(os.path.join(raw, 'meta.json')))
size, mouth, eyes = meta['size'], meta['mouth'], meta['eyes']
FIELDS = ['yaw', 'pitch', 'roll', 'breath', 'browRaise', 'smile']


# Rows of the mouth grid that are not rendered yet are left out; the first and the last must be there.
rows = [i for i in range(len(vz.JAW)) if i in (0, len(vz.JAW) - 1) or all(os.path.exists(os.path.join(raw, f'm_{i}{k}.png')) for k in range(len(vz.LIP)))]
skipped = {f'm_{i}{k}' for i in range(len(vz.JAW)) if i not in rows for k in range(len(vz.LIP))}


def read(name):
    picture = cv2.imread(os.path.join(raw, name + '.png'), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SystemExit(f'{name}.png is missing in {raw}: run bake.py and develop.py first')
    return picture


def bleed(picture):
    """Gives transparent pixels beside the figure its colour, so that lossy compression does not darken hair edges"""
    clear = picture[..., 3] < 24
    if not clear.any():
        return picture
    distance, (y, x) = ndimage.distance_transform_edt(clear, return_indices=True)
    out = picture.copy()
    out[..., :3] = picture[y, x, :3]
    out[distance > 14, :3] = picture[~clear][:, :3].mean(0)
    return out


def write(name, picture, quality):
    with tempfile.NamedTemporaryFile(suffix='.png') as png:
        cv2.imwrite(png.name, bleed(picture) if picture.shape[2] == 4 else picture)
        subprocess.check_call(['cwebp', '-quiet', '-q', str(quality), '-alpha_q', '95', '-exact', '-m', '6', '-sharp_yuv', png.name, '-o', os.path.join(out, name + '.webp')])


def box(b):
    return dict(leftPx=b[0], topPx=b[1], widthPx=b[2] - b[0], heightPx=b[3] - b[1])


os.makedirs(out, exist_ok=True)
for old in glob.glob(os.path.join(out, '*')):
    os.remove(old)
neutral = read('neutral')
write('neutral', neutral, 93)
for name in vz.layers()[1:]:
    if name in skipped:
        continue
    write(name, read(name), 90)

z = np.load(os.path.join(raw, 'motion.npz'))
fields = np.stack([z[k] * size for k in FIELDS])
per_count = np.abs(fields).max((1, 2, 3)) / 32767
np.round(fields / per_count[:, None, None, None]).astype('<i2').tofile(os.path.join(out, 'motion.i16'))

small = cv2.resize(neutral, (640, 640), interpolation=cv2.INTER_AREA).astype(np.float32)
alpha = small[..., 3:] / 255
wall = np.full((640, 640, 3), (206, 204, 200), np.float32)
write('preview', np.round(small[..., :3] * alpha + wall * (1 - alpha)).astype(np.uint8), 85)

ys, xs = np.where(neutral[..., 3] > 24)
lids = [dict(closure=c, file=f'e_b{i}.webp') for i, c in enumerate(vz.LIDS) if c > 0]
json.dump(dict(
    format='visavox-avatar-pack', version=1, name=style['name'], displayName=style['displayName'], description=style['description'], configs=style.get('configs', {}),
    preview='preview.webp', canvas=dict(widthPx=size, heightPx=size),
    figure=dict(leftPx=int(xs.min()), topPx=int(ys.min()), rightPx=int(xs.max()) + 1, bottomPx=int(ys.max()) + 1),
    neutral='neutral.webp',
    mouth=dict(box=box(mouth), featherPx=round(26 * size / 1280), jaw=[vz.JAW[i] / vz.JAW[-1] for i in rows], lip=vz.LIP,
               grid=[[f'm_{i}{k}.webp' for k in range(len(vz.LIP))] for i in rows], shapes={k: f'm_{k}.webp' for k in vz.SPECIAL}),
    eyes=dict(box=box(eyes), featherPx=round(16 * size / 1280), gazeXDeg=[-9, -4, 0, 4, 9], gazeYDeg=[-6, -3, 0, 3, 7],
              gaze=[['e_gu.webp'] * 5, ['e_gnu.webp'] * 5, ['e_gl.webp', 'e_gnl.webp', 'e_b0.webp', 'e_gnr.webp', 'e_gr.webp'],
                    ['e_gnd.webp'] * 5, ['e_gd.webp'] * 5], lids=lids),
    motion=dict(file='motion.i16', columns=160, rows=160, fields=[dict(name=k, pxPerCount=float(s)) for k, s in zip(FIELDS, per_count)]),
), open(os.path.join(out, 'pack.json'), 'w'), indent=1)
files = os.listdir(out)
print(f'{len(files)} files, {sum(os.path.getsize(os.path.join(out, f)) for f in files) / 1e6:.2f} MB')
