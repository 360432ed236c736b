"""blender -b -P look.py -- ASSETS STYLE.json OUT SIZE SAMPLES [pose ...] : quick pictures while a style is being made"""
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).resolve().parent))
from avatar import *
import visemes as vz

args = sys.argv[sys.argv.index('--') + 1:]
assets, style, out, size, spp = args[0], load_style(args[1]), args[2], int(args[3]), int(args[4])
os.makedirs(out, exist_ok=True)
av = Avatar(assets, style)
av.build()
av.aim()
for what in args[5:] or ['neutral']:
    name, _, crop = what.partition(':')
    pose = vz.pose(name, style['rest'], style.get('pucker', 1))
    box = av.boxes(size).get(crop)
    av.update(**pose)
    np.savez_compressed(os.path.join(out, 'strands.npz'), dirs=av.strand_directions(size // 2), crop=np.array(box or (0, 0, size, size)), size=size)
    av.render(os.path.join(out, what.replace(':', '_')), size, size, spp, box)
