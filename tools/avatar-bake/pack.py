"""pack.py RAW STYLE.json PACK : writes an avatar pack (docs/avatar-packs.md) from developed layers and motion fields"""
import glob, json, os, subprocess, sys, tempfile
import numpy as np, cv2
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import visemes as vz

raw, style, out = sys.argv[1], json.load(open(sys.argv[2])), sys.argv[3]
meta = json.load(open(os.path.join(raw, 'meta.json')))
size, mouth, eyes = meta['size'], meta['mouth'], meta['eyes']
FIELDS = ['yaw', 'pitch', 'roll', 'breath', 'browRaise', 'smile']


def read(name):
    picture = cv2.imread(os.path.join(raw, name + '.png'), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SystemExit(f'{name}.png is missing in {raw}: run bake.py and develop.py first')
    return picture


def write(name, picture, quality):
    with tempfile.NamedTemporaryFile(suffix='.png') as png:
        cv2.imwrite(png.name, picture)
        subprocess.check_call(['cwebp', '-quiet', '-q', str(quality), '-alpha_q', '95', '-m', '6', '-sharp_yuv', png.name, '-o', os.path.join(out, name + '.webp')])


def box(b):
    return dict(leftPx=b[0], topPx=b[1], widthPx=b[2] - b[0], heightPx=b[3] - b[1])


os.makedirs(out, exist_ok=True)
for old in glob.glob(os.path.join(out, '*')):
    os.remove(old)
neutral = read('neutral')
write('neutral', neutral, 93)
for name in vz.layers()[1:]:
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
    format='visavox-avatar-pack', version=1, name=style['name'], displayName=style['displayName'], description=style['description'],
    preview='preview.webp', canvas=dict(widthPx=size, heightPx=size),
    figure=dict(leftPx=int(xs.min()), topPx=int(ys.min()), rightPx=int(xs.max()) + 1, bottomPx=int(ys.max()) + 1),
    neutral='neutral.webp',
    mouth=dict(box=box(mouth), featherPx=round(26 * size / 1280), jaw=[j / vz.JAW[-1] for j in vz.JAW], lip=vz.LIP,
               grid=[[f'm_{i}{k}.webp' for k in range(len(vz.LIP))] for i in range(len(vz.JAW))], shapes={k: f'm_{k}.webp' for k in vz.SPECIAL}),
    eyes=dict(box=box(eyes), featherPx=round(16 * size / 1280), gazeXDeg=[-9, 0, 9], gazeYDeg=[-6, 0, 7],
              gaze=[['e_gu.webp'] * 3, ['e_gl.webp', 'e_b0.webp', 'e_gr.webp'], ['e_gd.webp'] * 3], lids=lids),
    motion=dict(file='motion.i16', columns=160, rows=160, fields=[dict(name=k, pxPerCount=float(s)) for k, s in zip(FIELDS, per_count)]),
), open(os.path.join(out, 'pack.json'), 'w'), indent=1)
files = os.listdir(out)
print(f'{len(files)} files, {sum(os.path.getsize(os.path.join(out, f)) for f in files) / 1e6:.2f} MB')
