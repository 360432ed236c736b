"""Loader for the CC0 hm08 base mesh, morph targets, fitted proxies and skin weights.

Pure numpy; usable inside and outside Blender.  Coordinates are kept in the
source convention (y up, z towards the viewer, 1 unit = 10 cm).
"""
import gzip, json, os
import numpy as np


def load_obj(path):
    v, vt, faces, fuv, fgrp = [], [], [], [], []
    groups, g = [], -1
    with open(path) as fh:
        for line in fh:
            p = line.split()
            if not p:
                continue
            k = p[0]
            if k == 'v':
                v.append([float(x) for x in p[1:4]])
            elif k == 'vt':
                vt.append([float(x) for x in p[1:3]])
            elif k == 'g':
                groups.append(p[1] if len(p) > 1 else '')
                g = len(groups) - 1
            elif k == 'f':
                a = [q.split('/') for q in p[1:]]
                faces.append([int(q[0]) - 1 for q in a])
                fuv.append([int(q[1]) - 1 if len(q) > 1 and q[1] else -1 for q in a])
                fgrp.append(g)
    return dict(v=np.array(v, float), vt=np.array(vt, float), f=faces, fuv=fuv,
                fgrp=np.array(fgrp), groups=groups)


def load_target(path, n):
    d = np.zeros((n, 3))
    op = gzip.open if path.endswith('.gz') else open
    with op(path, 'rt') as fh:
        for line in fh:
            if line[0] == '#':
                continue
            p = line.split()
            if len(p) == 4:
                d[int(p[0])] = [float(x) for x in p[1:]]
    return d


class Proxy:
    """A mesh bound to base vertices by an .mhclo file."""

    def __init__(self, path):
        self.scale_ref = {}
        rows, mode = [], None
        self.delete = []
        self.obj_file = None
        for line in open(path):
            p = line.split('#')[0].split()
            if not p:
                continue
            if p[0] in ('x_scale', 'y_scale', 'z_scale'):
                self.scale_ref['xyz'.index(p[0][0])] = (int(p[1]), int(p[2]), float(p[3]))
            elif p[0] == 'obj_file':
                self.obj_file = p[1]
            elif p[0] == 'verts':
                mode = 'v'
            elif p[0] == 'delete_verts':
                mode = 'd'
            elif p[0] in ('weights', 'material', 'name', 'uuid', 'basemesh', 'tag', 'z_depth', 'max_pole'):
                if p[0] == 'weights':
                    mode = None
            elif mode == 'v' and p[0].lstrip('-').isdigit():
                if len(p) == 1:
                    i = int(p[0])
                    rows.append([i, i, i, 1, 0, 0, 0, 0, 0])
                else:
                    r = [float(x) for x in p]
                    rows.append(r + [0.0] * (9 - len(r)))
            elif mode == 'd':
                i = 0
                while i < len(p):
                    if i + 2 < len(p) and p[i + 1] == '-':
                        self.delete += range(int(p[i]), int(p[i + 2]) + 1)
                        i += 3
                    else:
                        self.delete.append(int(p[i]))
                        i += 1
        r = np.array(rows, float)
        self.idx = r[:, :3].astype(int)
        self.w = r[:, 3:6]
        self.off = r[:, 6:9]
        self.shift = 0
        self.puff = 0                                     # moves the mesh outwards, along its normals
        self.open = 0                                     # draws the front edges of a jacket apart, most at the neck
        self.mesh = load_obj(os.path.join(os.path.dirname(path), self.obj_file))

    def fit(self, base):
        s = np.ones(3)
        for ax, (a, b, den) in self.scale_ref.items():
            s[ax] = abs(base[a, ax] - base[b, ax]) / den
        v = (base[self.idx] * self.w[..., None]).sum(1) + self.off * s + self.shift
        if self.puff:
            v = v + self.puff * normals(v, self.mesh['f'])
        if self.open:
            x, y, z = v.T
            t = np.clip((y - y.max() + 1.75) / 1.5, 0, 1)
            v = v + np.stack([self.open * t * np.tanh(x / .05) * np.exp(-(x / .75) ** 2) * (z > 0), 0 * x, 0 * x], 1)
        return v


def normals(v, faces):
    n = np.zeros_like(v)
    for f in (np.array([f for f in faces if len(f) == k]) for k in (3, 4)):
        if len(f):
            across = np.cross(v[f[:, 2]] - v[f[:, 0]], v[f[:, -1]] - v[f[:, 1]])
            for i in range(f.shape[1]):
                np.add.at(n, f[:, i], across)
    return n / (np.linalg.norm(n, axis=1, keepdims=True) + 1e-12)


def uv_islands(mesh):
    """Number of the piece of the texture map that each face lies in"""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    e = np.array([(f[i], f[i - 1]) for f in mesh['fuv'] for i in range(len(f))])
    n = len(mesh['vt'])
    label = connected_components(coo_matrix((np.ones(len(e)), (e[:, 0], e[:, 1])), (n, n)))[1]
    return label[[f[0] for f in mesh['fuv']]]


def faces_at(mesh, point):
    """Faces of the piece of a garment that covers a point of the texture map"""
    island = uv_islands(mesh)
    middle = np.array([mesh['vt'][f].mean(0) for f in mesh['fuv']])
    return np.where(island == island[np.linalg.norm(middle - point, axis=1).argmin()])[0]


def edge_loop(v, faces):
    """The highest open edge of a mesh as vertex numbers in order, and for each a face corner beside it that is not on the edge"""
    sides = {}
    for f in faces:
        for a, b in zip(f, f[1:] + f[:1]):
            sides.setdefault((min(a, b), max(a, b)), []).append((a, b, f))
    after, beside = {}, {}
    for use in sides.values():
        if len(use) == 1:
            a, b, f = use[0]
            after[a], beside[a] = b, f
    loops = []
    while after:
        a = next(iter(after))
        loop = [a]
        while a in after:
            a = after.pop(a)
            loop.append(a)
        loops.append(loop[:-1])
    best = max((q for q in loops if len(q) > 12), key=lambda q: v[q, 1].max())
    return np.array(best), np.array([v[beside[i]].mean(0) for i in best])


class Human:
    def __init__(self, assets):
        self.assets = assets
        self.obj = load_obj(os.path.join(assets, 'base/base.obj'))
        self.v0 = self.obj['v']
        self.n = len(self.v0)
        self.cache = {}
        mh = json.load(open(os.path.join(assets, 'rig/default_weights.mhw')))['weights']
        sk = json.load(open(os.path.join(assets, 'rig/default.mhskel')))
        self.bones, self.joints = sk['bones'], sk['joints']
        self.weights = {b: (np.array([p[0] for p in w], int), np.array([p[1] for p in w]))
                        for b, w in mh.items() if w}

    def target(self, name):
        if name not in self.cache:
            self.cache[name] = load_target(os.path.join(self.assets, 'targets', name + '.target.gz'), self.n)
        return self.cache[name]

    def shape(self, mix, base=None):
        v = (self.v0 if base is None else base).copy()
        for k, w in mix.items():
            if w:
                if '@' in k:                                   # one side of a symmetric target, soft at the middle
                    name, side = k.split('@')
                    x = self.v0[:, 0] * (1 if side == 'l' else -1)
                    v += w * self.target(name) * np.clip(.5 + x / .3, 0, 1)[:, None]
                elif '*' in k:
                    for s in 'lr':
                        v += w * self.target(k.replace('*', s, 1))
                else:
                    v += w * self.target(k)
        return v

    def joint(self, v, name):
        return v[self.joints[name]].mean(0)

    def bone_head(self, v, b):
        return self.joint(v, self.bones[b]['head'])

    def children_order(self):
        order, seen = [], set()

        def add(b):
            if b in seen:
                return
            p = self.bones[b]['parent']
            if p:
                add(p)
            seen.add(b)
            order.append(b)
        for b in self.bones:
            add(b)
        return order

    def pose(self, v, rots):
        """Linear blend skinning. rots: bone -> (3x3 world-axis rotation, translation or None)."""
        M = {}
        for b in self.children_order():
            p = self.bones[b]['parent']
            A = M[p] if p else np.eye(4)
            if b in rots:
                R, t = rots[b]
                c = self.bone_head(v, b)
                L = np.eye(4)
                L[:3, :3] = R
                L[:3, 3] = c - R @ c + (0 if t is None else np.asarray(t))
                A = A @ L
            M[b] = A
        acc = np.zeros((self.n, 3, 4))
        tot = np.zeros(self.n)
        for b, (i, w) in self.weights.items():
            acc[i] += w[:, None, None] * M[b][:3]
            tot[i] += w
        miss = tot < 1e-6
        acc[miss] = M['head'][:3]
        tot[miss] = 1
        acc /= tot[:, None, None]
        return np.einsum('nij,nj->ni', acc[:, :, :3], v) + acc[:, :, 3]


def rot(axis, deg):
    a = np.radians(deg)
    c, s = np.cos(a), np.sin(a)
    return {'x': np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
            'y': np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
            'z': np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])}[axis]
