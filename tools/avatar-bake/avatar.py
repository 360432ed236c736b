"""Avatar = identity + expression + pose -> vertex positions for all parts; scene set-up; rendering."""
from bust import *
import hair as hr

AXIS = mathutils.Vector((0, -.03, 0))                     # the figure turns about this upright line
SHELL = .0025                                             # thickness of cloth, metres
EX = 'expression/units/caucasian/'

def load_style(path):
    with open(path) as fh:
        return json.load(fh)


class Avatar:
    def __init__(self, assets, cfg):
        self.A, self.cfg = assets, cfg
        self.H = H = Human(assets)
        self.ident = H.shape(cfg['shape'])
        self.px = {}
        P = os.path.join(assets, 'proxies')
        def add(k, rel):
            self.px[k] = Proxy(os.path.join(P, rel))
        add('eyes', 'eyes/high-poly/high-poly.mhclo')
        add('teeth', 'teeth/teeth_base/teeth_base.mhclo')
        add('tongue', 'tongue/tongue01/tongue01.mhclo')
        add('lash', f"eyelashes/{cfg['lashes']}/{cfg['lashes']}.mhclo")
        add('brow', f"eyebrows/{cfg['brows']['card']}/{cfg['brows']['card']}.mhclo")
        garments = dict(cloth=cfg['clothes'])
        if 'under' in cfg['clothes']:
            garments['under'] = cfg['clothes']['under']
        self.garments = garments
        for key, cloth in garments.items():
            add(key, f"clothes/{cloth['mesh']}/{cloth['mesh']}.mhclo")
            mesh = self.px[key].mesh
            drop = {int(i) for point in cloth.get('drop', []) for i in faces_at(mesh, point)}
            drop |= {i for i, f in enumerate(mesh['f']) if abs(mesh['v'][f, 0].mean()) > cloth.get('half_width', 99)}
            for k in ('f', 'fuv'):
                mesh[k] = [f for i, f in enumerate(mesh[k]) if i not in drop]
            self.px[key].puff, self.px[key].open = cloth.get('puff', 0), cloth.get('open', 0)
        turn = cfg.get('turn', {})
        self.head_turn, self.twist = turn.get('head_deg', 0), turn.get('body_deg', 0) - turn.get('head_deg', 0)
        up = self.px['teeth'].idx[:, 0] >= 15060          # show more of the upper incisors
        self.px['teeth'].shift = np.where(up[:, None], [0, -.036, .015], [0, -.022, 0.])
        self.obs = {}

    # ---- deformation
    def base(self, expr=None, head=(0, 0, 0), jaw=0., gaze=(0, 0), breath=0., tongue=0., tongue_out=0.):
        H = self.H
        v = self.ident
        if expr:
            v = H.shape({(k if '/' in k else EX + k): w for k, w in expr.items()}, v)
        yaw, pitch, roll = head
        R = {}
        for s, sg in (('L', -1), ('R', 1)):
            R['upperarm01.' + s] = (rot('z', sg * self.cfg.get('arms_down_deg', 34)), None)
            R['clavicle.' + s] = (rot('z', sg * (self.cfg.get('shoulders_down_deg', 2) - 1.2 * breath)), None)
        yaw -= self.twist                                 # the body turns under a head that stays, camera and lights go round both
        R['root'] = (rot('y', self.twist), None)
        gaze = (gaze[0] - self.head_turn, gaze[1])        # the eyes stay with the viewer
        hr = rot('y', yaw * .5) @ rot('x', pitch * .5) @ rot('z', roll * .5)
        R['neck02'] = (rot('y', yaw * .25) @ rot('x', pitch * .25) @ rot('z', roll * .25), None)
        R['neck03'] = (rot('y', yaw * .25) @ rot('x', pitch * .25) @ rot('z', roll * .25), None)
        R['head'] = (hr, None)
        R['spine02'] = (rot('x', -0.35 * breath), (0, .012 * breath, 0))
        if jaw:
            R['jaw'] = (rot('x', jaw), (0, -0.012 * jaw / 10, 0.0))
        if tongue:
            R['tongue00'] = (rot('x', -tongue * .3), (0, 0, tongue_out * .5))
            R['tongue01'] = (rot('x', -tongue * .5), (0, 0, tongue_out * .5))
            R['tongue02'] = (rot('x', -tongue * .5), None)
        for s in 'LR':
            if gaze != (0, 0):
                R['eye.' + s] = (rot('y', gaze[0]) @ rot('x', gaze[1]), None)
        if breath:
            v = v.copy()
            d = np.exp(-((v[:, 1] - 4.4) / .9) ** 2) * (v[:, 2] > 0)
            v[:, 2] += .035 * breath * d
        self.R = R
        return H.pose(v, R)

    # ---- scene
    def build(self, res=2, hair=True):
        cfg, H, A = self.cfg, self.H, self.A
        bpy.ops.wm.read_factory_settings(use_empty=True)
        base = self.base(expr=cfg.get('rest'))
        self.neutral = base
        tex = lambda r: os.path.join(A, 'proxies', r)
        body_g = H.obj['groups'].index('body')
        hide = {i for k in self.garments for i in self.px[k].delete}
        keep = [i for i in np.where(H.obj['fgrp'] == body_g)[0]
                if base[H.obj['f'][i], 1].mean() > -1.0]
        keep = [i for i in keep if not all(q in hide for q in H.obj['f'][i])]
        if cfg.get('cut_ears'):
            es = self.ear_set()
            keep = [i for i in keep if not all(q in es for q in H.obj['f'][i])]
        used = sorted({q for i in keep for q in H.obj['f'][i]})
        remap = {q: j for j, q in enumerate(used)}
        self.body_idx = np.array(used)
        ob = make_mesh('body', bl(base[used]), [[remap[q] for q in H.obj['f'][i]] for i in keep],
                       H.obj['vt'], [H.obj['fuv'][i] for i in keep],
                       skin_material(tex(cfg['skin']['texture']), cfg['skin']), subsurf=res)
        self.obs['body'] = ob
        self.paint_masks(ob)
        def px(k, material, sub=1, sel=None):
            p = self.px[k]
            o = make_mesh(k, bl(p.fit(base)), p.mesh['f'], p.mesh['vt'], p.mesh['fuv'], material, subsurf=sub)
            self.obs[k] = o
            return o
        px('teeth', simple_material('teeth', (1., .96, .88), .15, .5, gain=1.45, tex=tex('teeth/materials/teeth.png')))
        px('tongue', simple_material('tongue', (1, .8, .8), .35, .5, sss=.2, tex=tex('tongue/tongue01/tongue01_diffuse.png')))
        px('lash', card_material('lash', tex(f"eyelashes/{cfg['lashes']}/{cfg['lashes']}.png"), (.016, .010, .008), cfg.get('lash_strength', .85)))
        brow_card = cfg['brows']['card']
        px('brow', card_material('brow', tex(f'eyebrows/{brow_card}/{brow_card}.png'), tuple(cfg['brows']['color']), 1.0))
        self.obs['brow'].visible_shadow = False
        e = px('eyes', eye_material(tex(cfg['eyes']['texture']), cfg['eyes']), 2)
        e.data.materials.append(cornea_material())
        vt = self.px['eyes'].mesh['vt']
        for poly, fu in zip(e.data.polygons, self.px['eyes'].mesh['fuv']):
            u = vt[fu].mean(0)
            poly.material_index = 1 if (u[0] > .87 and u[1] < .13) else 0
        for key, cloth in self.garments.items():
            stem = tex(f"clothes/{cloth['mesh']}/{cloth['mesh']}")
            normal = stem + '_normal.png'
            gain = cloth.get('texture_gain')              # 1 / the texture's usual brightness: keeps its seams and weave, gives up its colour
            o = px(key, simple_material(key, cloth['color'], .85, .15, tex=stem + '_diffuse.png' if gain else None, gain=gain or 1, clamp=True,
                                        normal=normal if os.path.exists(normal) else None, weave=cloth.get('weave', .35)), 2)
            paint_parts(o, self.px[key].mesh, [(q['uv'], simple_material('part', q['color'], q.get('rough', .85), .15, weave=q.get('weave', .2)))
                                               for q in cloth.get('parts', [])])
            sd = o.modifiers.new('solid', 'SOLIDIFY'); sd.thickness = SHELL; sd.offset = 1
            if 'band' in cloth:
                self.build_band(key, cloth['band'])
        if hair:
            self.build_hair()
        self.lights()

    def build_band(self, key, cfg):
        """A ribbed band along the neckline and the front edges of a garment that opens down the front, with buttons"""
        p = self.px[key]
        v = p.fit(self.neutral)
        nv = normals(v, p.mesh['f'])
        loop, inner = edge_loop(v, p.mesh['f'])
        first = v[loop, 1].argmin()
        loop, inner = np.roll(loop, -first), np.roll(inner, -first, 0)
        def even(q, times):
            for _ in range(times):
                q = np.concatenate([q[:1], .25 * q[:-2] + .5 * q[1:-1] + .25 * q[2:], q[-1:]])
            return q
        wide, thick = cfg.get('width', .2), cfg.get('thick', .04)
        line, up = v[loop], nv[loop]
        into = np.cross(up, np.gradient(line, axis=0))
        into *= np.sign(((inner - line) * into).sum(1, keepdims=True))
        line, up, into = even(line, 3), hr.nz(even(up, 4)), hr.nz(even(hr.nz(into), 4))
        shape = [(-.10, -.5), (-.08, .6), (.02, 1), (.30, 1.15), (.70, 1.15), (.94, 1), (1, .3), (1, -.4)]
        rows = np.stack([line + into * (a * wide) for a, _ in shape], 1)
        distance, near = hr.cKDTree(v).query(rows, 5)                      # laid on the curved garment
        weight = 1 / (distance + .02) ** 2
        height = (((v[near] - rows[:, :, None]) * up[:, None, None]).sum(3) * weight).sum(2) / weight.sum(2)
        height = np.maximum(even(height, 3), 0) + SHELL / U
        rows += up[:, None] * (height + thick * np.array([h for _, h in shape]))[..., None]
        n, k = rows.shape[:2]
        reach = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))] * U
        vt = np.stack([np.repeat(reach, k), np.tile(np.linspace(0, 1, k), n)], 1)
        q = np.arange(n * k).reshape(n, k)
        faces = [[int(q[i, j]), int(q[i, j + 1]), int(q[i + 1, j + 1]), int(q[i + 1, j])] for i in range(n - 1) for j in range(k - 1)]
        make_mesh(key + ' band', bl(rows.reshape(-1, 3)), faces, vt, faces,
                  simple_material('band', cfg['color'], .85, .15, rib=cfg.get('rib_m', .003)), subsurf=2)
        if 'button' not in cfg:
            return
        button = simple_material('button', cfg['button'], .25, .5)
        edge = line[:line[:, 1].argmax()]
        for y in np.arange(edge[-1, 1] - cfg.get('button_top', .2), edge[0, 1], -cfg.get('button_gap', .62)):
            i = np.abs(edge[:, 1] - y).argmin()
            at = rows[i, 3:5].mean(0)
            middle = bl((at + [0, y - at[1], 0] + up[i] * .012)[None])[0]
            bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, radius=.0062, location=middle)
            o = bpy.context.object
            o.scale = (1, 1, .32)
            o.rotation_euler = mathutils.Vector(bl(up[i][None])[0]).to_track_quat('Z', 'Y').to_euler()
            o.data.materials.append(button)
            bpy.ops.object.shade_smooth()

    def ear_set(self, kind='scale'):
        """Vertices of the ears: 'scale' takes the skin around them too, 'wing' the auricles alone"""
        H = self.H
        d = sum(np.linalg.norm(H.target(f'ears/{side}-ear-{kind}-incr'), axis=1) for side in 'lr')
        return set(np.where(d > (.3 if kind == 'scale' else .15) * d.max())[0].tolist())

    def build_hair(self):
        H, base, cfg = self.H, self.neutral, self.cfg
        eye = self.px['eyes'].fit(base); eye = np.array([np.abs(eye[:, 0]).mean(), eye[:, 1].mean(), eye[:, 2].max()])
        bg = H.obj['groups'].index('body')
        F = [H.obj['f'][i] for i in np.where(H.obj['fgrp'] == bg)[0]]
        F = [f for f in F if base[f, 1].min() > eye[1] - 3.2]
        if cfg['hair'].get('hide_ears'):
            es = self.ear_set(cfg['hair'].get('ears', 'scale')); F = [f for f in F if not any(q in es for q in f)]
        surf = hr.Surface(base, F)
        if cfg['hair'].get('hide_ears'):
            surf.patch_ears(base[list(es)])
        # drop inner-mouth etc.: keep outward samples only near the hull is enough for collision
        ear = np.where(np.linalg.norm(H.target('ears/l-ear-scale-incr'), axis=1) + np.linalg.norm(H.target('ears/r-ear-scale-incr'), axis=1) > .004)[0]
        if not cfg['hair'].get('hide_ears'):
            ear = np.array(sorted(self.ear_set('wing')))
        ear = ear[ear < 13380]
        kd = hr.cKDTree(base[ear])
        earf = lambda p: kd.query(p)[0] < .05
        top = base[:13380, 1].max()
        jawx = np.abs(base[:13380][(np.abs(base[:13380, 1] - (eye[1] - .1)) < .1) & (base[:13380, 2] > .75)][:, 0]).max()
        st = hr.STYLES[cfg['hair']['kind']](eye, jawx, top, cfg['hair'])
        s, info = hr.grow(surf, eye, top, earf, st)
        X, Y, Z = (np.abs(s[..., 0]), s[..., 1], s[..., 2])
        k0 = s.shape[1] // 4
        bad = ((X < jawx * .72) & (Z > .35) & (Y < eye[1] - .1))[:, k0:].any(1) | ((X < .5) & (Z > -.1) & (Y < eye[1] - .75))[:, k0:].any(1)
        print('strands', len(s), 'dropped', bad.sum())
        s = s[~bad]
        s = hr.smooth(s, 3)
        hair = cfg['hair']
        s = hr.clump(s, hair.get('clumps', 800), hair.get('clump', .68), noise=hair.get('noise', .03), freq=1.1)
        if 'shape_fn' in st:
            s = st['shape_fn'](s)
        if 'fringe' in hair:
            s = np.concatenate([s, hr.fringe(surf, eye, top, st, hair['fringe'], s.shape[1])])
        self.strands = s
        n, k, _ = s.shape
        m = hair_material('hair', hair['color'])
        strands_object('hair', bl(s.reshape(-1, 3)).reshape(n, k, 3), hair.get('radius_m', .000105), .00003, m)
        brow = cfg['brows']
        im = bpy.data.images.load(os.path.join(self.A, 'proxies', f"eyebrows/{brow['card']}/{brow['card']}.png"), check_existing=True)
        a = np.empty(im.size[0] * im.size[1] * 4, np.float32); im.pixels.foreach_get(a)
        al = a.reshape(im.size[1], im.size[0], 4)[..., 3]
        self.brows = hr.Brows(self.px['brow'], al, brow)
        b = self.brows.strands(self.px['brow'].fit(base))
        self.brow_src, _ = strands_object('brows', bl(b.reshape(-1, 3)).reshape(b.shape), brow['radius_m'], .000015,
                                          brow_material(tuple(brow['color'])))
        self.obs['brow'].hide_render = True

    def paint_masks(self, ob):
        """soft masks from morph activity and position: lips, cheeks, T-zone"""
        H = self.H
        lip_up = np.linalg.norm(H.target('mouth/mouth-upperlip-volume-incr'), axis=1)
        lip_lo = np.linalg.norm(H.target('mouth/mouth-lowerlip-volume-incr'), axis=1)
        lip = np.clip(np.maximum(lip_up / lip_up.max(), lip_lo / lip_lo.max()) * 1.8, 0, 1)
        v = self.ident
        e = [v[self.px['eyes'].idx[:, 0]]][0]
        ey = e[:, 1].mean(); ex = np.abs(e[:, 0]).mean(); ez = e[:, 2].max()
        ch = np.exp(-(((np.abs(v[:, 0]) - ex * 1.25) / .22) ** 2 + ((v[:, 1] - (ey - .42)) / .20) ** 2)) * (v[:, 2] > .5)
        tz = np.exp(-((v[:, 0] / .2) ** 2)) * (v[:, 2] > 1.0) * (v[:, 1] > ey - .7)
        d = v - np.array([0, ey + .28, .15])
        az = np.degrees(np.arctan2(np.abs(d[:, 0]), d[:, 2]))
        st = hr.STYLES[self.cfg['hair']['kind']](np.array([ex, ey, ez]), .7, v[:13380, 1].max(), self.cfg['hair'])
        sc = hr.smoothstep(*st.get('scalp_edge', (-.06, .16)), v[:, 1] - hr.hairline(az, ey, v[:13380, 1].max(), st)) * (v[:, 1] > ey - .7)
        m = np.stack([lip, ch, tz, sc], 1)[self.body_idx].astype(np.float32)
        ca = ob.data.color_attributes.new('mask', 'FLOAT_COLOR', 'POINT')
        ca.data.foreach_set('color', m.ravel())
        if 'beard' in self.cfg['skin']:
            ca = ob.data.color_attributes.new('beard', 'FLOAT_COLOR', 'POINT')
            ca.data.foreach_set('color', np.repeat(self.beard(v, lip)[self.body_idx, None], 4, 1).astype(np.float32).ravel())

    def beard(self, v, lip):
        """Where a trimmed beard grows, 0 - 1 for each vertex: between the cheek line and the line under the jaw"""
        ey = v[self.px['eyes'].idx[:, 0], 1].mean()
        my = v[lip > .9][:, 1].mean()
        az = np.degrees(np.arctan2(np.abs(v[:, 0]), v[:, 2] - .1))
        rise = ey - my
        upper = my + rise * np.interp(az, [0, 8, 14, 21, 29, 37, 44, 50, 60], [.33, .35, .29, .23, .23, .30, .50, .90, 1.0])
        lower = my + rise * np.interp(az, [0, 25, 40, 55, 66], [-.92, -.84, -.64, -.40, -.2])
        soft = rise * np.interp(az, [0, 14, 35, 50], [.08, .12, .20, .25])
        m = hr.smoothstep(0, 1, (upper - v[:, 1]) / soft) * hr.smoothstep(0, rise * .25, v[:, 1] - lower) * hr.smoothstep(72, 60, az)
        m[list(self.ear_set('wing'))] = 0
        return m * (1 - np.clip((lip - .3) / .5, 0, 1)) * (v[:, 2] > -.2)

    def lights(self):
        sc = bpy.context.scene
        stand = bpy.data.objects.new('stand', None); bpy.context.collection.objects.link(stand)
        stand.matrix_world = self.turned().inverted()
        def area(name, loc, target, size, power, col=(1, 1, 1)):
            d = bpy.data.lights.new(name, 'AREA'); d.energy = power * self.cfg.get('lights', {}).get(name, 1); d.size = size[0]; d.shape = 'RECTANGLE'; d.size_y = size[1]; d.color = col
            o = bpy.data.objects.new(name, d); bpy.context.collection.objects.link(o)
            o.parent, o.location = stand, loc
            o.rotation_euler = (mathutils.Vector(target) - mathutils.Vector(loc)).to_track_quat('-Z', 'Y').to_euler()
            return o
        f = (0, -.1, self.neutral[:13380, 1].max() * U - .1)
        area('key', (-.75, -1.25, 1.25), f, (.7, .9), 26, (1, .955, .90))
        area('fill', (1.1, -1.1, .75), f, (1.2, 1.2), 10, (.94, .97, 1))
        area('rimL', (-.8, .75, 1.15), f, (.25, 1.0), 9, (1, .93, .84))
        area('rimR', (.85, .7, 1.05), f, (.25, 1.0), 11, (1, .95, .88))
        area('under', (0, -.9, .15), f, (.8, .4), 2.4, (1, .95, .9))
        w = bpy.data.worlds.new('w'); sc.world = w; w.use_nodes = True
        w.node_tree.nodes['Background'].inputs[0].default_value = (.55, .60, .66, 1)
        w.node_tree.nodes['Background'].inputs[1].default_value = 0.22
        cam = bpy.data.cameras.new('cam'); co = bpy.data.objects.new('cam', cam); bpy.context.collection.objects.link(co)
        sc.camera, co.parent = co, stand
        cam.lens = 85; cam.sensor_fit = 'VERTICAL'; cam.sensor_height = 24
        self.cam = co
        sc.render.engine = 'CYCLES'; sc.cycles.device = 'CPU'
        sc.render.film_transparent = True
        sc.view_settings.view_transform = 'Filmic'; sc.view_settings.look = 'Medium High Contrast'; sc.view_settings.exposure = .35
        sc.cycles.use_denoising = False; sc.cycles.use_adaptive_sampling = True; sc.cycles.adaptive_threshold = .03
        sc.cycles.max_bounces = 6; sc.cycles.transparent_max_bounces = 12; sc.cycles.seed = 7
        sc.cycles.sample_clamp_indirect = 4
        sc.render.use_persistent_data = True
        sc.render.image_settings.file_format = 'PNG'; sc.render.image_settings.color_mode = 'RGBA'
        sc.render.threads_mode = 'FIXED'; sc.render.threads = 2

    def frame(self, top=.905, height=.72, dist=2.4, cx=0.):
        """orthographic-like long lens: vertical field `height` metres at the face plane"""
        sc = bpy.context.scene
        self.cam.location = (cx, -dist - .14, top - height / 2)
        self.cam.rotation_euler = (math.pi / 2, 0, 0)
        self.cam.data.lens = 24 * dist / height

    def turned(self):
        """The turn of the figure towards the viewer's right, as a matrix. Vertices stay as if unturned: hair, masks and boxes rely on it."""
        return mathutils.Matrix.Translation(AXIS) @ mathutils.Matrix.Rotation(math.radians(self.head_turn), 4, 'Z') @ mathutils.Matrix.Translation(-AXIS)

    def aim(self):
        f = self.cfg['frame']
        self.field, self.top = f['field_m'], self.neutral[:13380, 1].max() * U + f['headroom_m']
        self.frame(top=self.top, height=self.field)

    def project(self, p):
        """Blender coordinates -> canvas coordinates 0..1 (x right, y down) and depth"""
        turned = np.array(self.turned())
        p = p @ turned[:3, :3].T + turned[:3, 3]
        d = p[:, 1] + 2.4 + .14
        return np.stack([p[:, 0] * 2.4 / d / self.field + .5, -(p[:, 2] - (self.top - self.field / 2)) * 2.4 / d / self.field + .5], 1), d

    def strand_directions(self, size):
        """Direction of the visible strands on a canvas of `size`, as a smoothed double-angle field (cos 2a, sin 2a)"""
        p = bl(self.strands.reshape(-1, 3))
        uv, d = self.project(p)
        uv, d = uv.reshape(*self.strands.shape[:2], 2) * size, d.reshape(self.strands.shape[:2])
        t = uv[:, 2:] - uv[:, :-2]
        ang = 2 * np.arctan2(t[..., 1], t[..., 0]).ravel()
        q = np.floor(uv[:, 1:-1]).astype(int).reshape(-1, 2)
        ok = ((q >= 0) & (q < size)).all(1)
        order = np.argsort(-d[:, 1:-1].ravel()[ok])
        q, ang = q[ok][order], ang[ok][order]
        g = np.zeros((size, size, 3), np.float32)
        g[q[:, 1], q[:, 0]] = np.stack([np.cos(ang), np.sin(ang), np.ones_like(ang)], 1)
        from scipy import ndimage
        g = np.stack([ndimage.gaussian_filter(g[..., i], size / 300) for i in range(3)], -1)
        return g[..., :2] / np.maximum(g[..., 2:], 1e-4)

    def boxes(self, size):
        """Patch rectangles in pixels of a canvas of `size`: multiples of 16, never touching each other"""
        v = self.neutral
        eye = self.px['eyes'].fit(v); brow = self.px['brow'].fit(v)
        ex = np.abs(eye[:, 0]).max(); ey = eye[:, 1].mean(); by = brow[:, 1].max()
        lip = np.linalg.norm(self.H.target('mouth/mouth-lowerlip-volume-incr'), axis=1)
        my = v[lip > lip.max() * .5][:, 1].mean()
        def box(x, y0, y1, z):
            uv, _ = self.project(bl(np.array([[-x, y0, z], [x, y1, z]])))
            q = np.round(uv * size / 16).astype(int) * 16
            return tuple(int(t) for t in (q[0, 0], q[0, 1], q[1, 0], q[1, 1]))
        e = box(ex + .30, by + .16, ey - .24, 1.)
        long = (ey - my) / .665                           # longer faces need a larger box: the chin must not leave it when the jaw is down
        m = box(.60 * long, my + .62 * long, my - .56 * long, 1.)
        m = (m[0], max(m[1], e[3]), m[2], m[3])
        head = tuple(int(size * q) for q in (.28, .10, .72, .68))
        return dict(eyes=e, mouth=m, head=head)

    def update(self, **pose):
        b = self.base(**pose)
        set_co(self.obs['body'], bl(b[self.body_idx]))
        for k, p in self.px.items():
            set_co(self.obs[k], bl(p.fit(b)))
        if hasattr(self, 'brow_src'):
            bs = self.brows.strands(self.px['brow'].fit(b))
            set_co(self.brow_src, bl(bs.reshape(-1, 3)))
        return b

    def render(self, path, w, h, spp=48, border=None):
        sc = bpy.context.scene
        sc.render.resolution_x, sc.render.resolution_y, sc.render.resolution_percentage = w, h, 100
        sc.cycles.samples = spp
        sc.render.use_border = border is not None
        sc.render.use_crop_to_border = border is not None
        if border:
            x0, y0, x1, y1 = border
            sc.render.border_min_x, sc.render.border_max_x = x0 / w, x1 / w
            sc.render.border_min_y, sc.render.border_max_y = 1 - y1 / h, 1 - y0 / h
        self.passes(path)
        bpy.ops.render.render()
        d, b = os.path.split(path)
        for k in ('rgb', 'alb', 'nrm', 'idx'):
            os.replace(os.path.join(d, f'{b}_{k}_0001.exr'), f'{path}_{k}.exr')

    def passes(self, path):
        sc = bpy.context.scene
        sc.frame_set(1)
        vl = sc.view_layers[0]; vl.cycles.denoising_store_passes = True; vl.use_pass_material_index = True
        sc.use_nodes = True
        t = sc.node_tree; t.nodes.clear()
        rl = t.nodes.new('CompositorNodeRLayers')
        d, b = os.path.split(path)
        for k, sock in (('rgb', 'Image'), ('alb', 'Denoising Albedo'), ('nrm', 'Denoising Normal'), ('idx', 'IndexMA')):
            fo = t.nodes.new('CompositorNodeOutputFile'); fo.base_path = d
            fo.format.file_format = 'OPEN_EXR'; fo.format.color_depth = '16'
            fo.format.color_mode = 'RGBA' if k == 'rgb' else 'RGB'
            fo.file_slots[0].path = f'{b}_{k}_'
            t.links.new(rl.outputs[sock], fo.inputs[0])
        t.nodes.new('CompositorNodeComposite')
        t.links.new(rl.outputs['Image'], t.nodes[-1].inputs[0])
