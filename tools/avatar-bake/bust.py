"""Builds the bust scene in Blender (Cycles) from CC0 data and renders poses of it."""
import bpy, mathutils, os, sys, json, math
import numpy as np
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from hm08 import Human, Proxy, edge_loop, faces_at, normals, rot

U = 0.1  # source units -> metres


def bl(v):
    """source (y up, z front) -> Blender (z up, -y front), metres"""
    return np.stack([v[:, 0], -v[:, 2], v[:, 1]], 1) * U


# ---------------------------------------------------------------- node helpers
def mat(name):
    m = bpy.data.materials.new(name)
    m.use_nodes = True
    m.node_tree.nodes.clear()
    return m, m.node_tree.nodes, m.node_tree.links


def img(nodes, path, noncolor=False):
    t = nodes.new('ShaderNodeTexImage')
    t.image = bpy.data.images.load(path, check_existing=True)
    if noncolor:
        t.image.colorspace_settings.name = 'Non-Color'
    return t


def principled(nodes, links, **kw):
    p = nodes.new('ShaderNodeBsdfPrincipled')
    for k, v in kw.items():
        p.inputs[k.replace('_', ' ')].default_value = v
    o = nodes.new('ShaderNodeOutputMaterial')
    links.new(p.outputs[0], o.inputs[0])
    return p, o


def skin_material(tex, cfg):
    m, n, l = mat('skin')
    m.pass_index = 2
    p, o = principled(n, l, Roughness=0.47, Specular=0.38)
    p.subsurface_method = 'RANDOM_WALK'
    p.inputs['Subsurface'].default_value = cfg.get('sss', 0.35)
    p.inputs['Subsurface Radius'].default_value = (0.012, 0.0042, 0.0022)
    t = img(n, tex)
    hs = n.new('ShaderNodeHueSaturation')
    hs.inputs['Hue'].default_value = cfg.get('hue', 0.5)
    hs.inputs['Saturation'].default_value = cfg.get('sat', 1.0)
    hs.inputs['Value'].default_value = cfg.get('val', 1.0)
    l.new(t.outputs[0], hs.inputs['Color'])
    col = hs.outputs[0]
    if 'tint' in cfg:
        mx = n.new('ShaderNodeMixRGB'); mx.blend_type = 'MULTIPLY'; mx.inputs[0].default_value = 1; mx.inputs[2].default_value = (*cfg['tint'], 1)
        l.new(col, mx.inputs[1]); col = mx.outputs[0]
    # painted masks: vertex colours  (R lips, G cheeks, B forehead/nose shine)
    vc = n.new('ShaderNodeVertexColor'); vc.layer_name = 'mask'
    sep = n.new('ShaderNodeSeparateColor'); l.new(vc.outputs[0], sep.inputs[0])
    def tint(col, fac_socket, rgb, amount, blend='MIX'):
        mx = n.new('ShaderNodeMixRGB'); mx.blend_type = blend
        mul = n.new('ShaderNodeMath'); mul.operation = 'MULTIPLY'; mul.inputs[1].default_value = amount
        l.new(fac_socket, mul.inputs[0]); l.new(mul.outputs[0], mx.inputs[0])
        l.new(col, mx.inputs[1]); mx.inputs[2].default_value = (*rgb, 1)
        return mx.outputs[0]
    col = tint(col, sep.outputs[0], cfg.get('lip', (0.55, 0.20, 0.18)), cfg.get('lip_amt', 0.55))
    col = tint(col, sep.outputs[1], cfg.get('blush', (0.78, 0.38, 0.32)), cfg.get('blush_amt', 0.22))
    if 'scalp' in cfg:
        col = tint(col, vc.outputs[1], cfg['scalp'], cfg.get('scalp_amt', .8))
        dry = n.new('ShaderNodeMath'); dry.operation = 'MULTIPLY_ADD'    # light that wanders under the skin would glow red between the roots
        dry.inputs[1].default_value, dry.inputs[2].default_value = -p.inputs['Subsurface'].default_value, p.inputs['Subsurface'].default_value
        l.new(vc.outputs[1], dry.inputs[0]); l.new(dry.outputs[0], p.inputs['Subsurface'])
    if 'beard' in cfg:
        # stubble: short dark strokes on the texture's coordinates (there the face lies on its side, down is u), so that they keep
        # to the skin when the jaw moves
        beard = cfg['beard']
        bm = n.new('ShaderNodeVertexColor'); bm.layer_name = 'beard'
        uv = n.new('ShaderNodeTexCoord')
        mp = n.new('ShaderNodeMapping'); mp.inputs['Scale'].default_value = (.4, 1, 1); l.new(uv.outputs['UV'], mp.inputs[0])
        dots = n.new('ShaderNodeTexNoise'); dots.inputs['Scale'].default_value = beard.get('grain', 1500); dots.inputs['Detail'].default_value = 2
        l.new(mp.outputs[0], dots.inputs['Vector'])
        cut = n.new('ShaderNodeMapRange'); cut.inputs[1].default_value = .40; cut.inputs[2].default_value = .60
        cut.inputs[3].default_value = beard.get('shade', .35); cut.inputs[4].default_value = beard.get('dark', .9)
        l.new(dots.outputs[0], cut.inputs[0])
        fac = n.new('ShaderNodeMath'); fac.operation = 'MULTIPLY'; l.new(bm.outputs[0], fac.inputs[0]); l.new(cut.outputs[0], fac.inputs[1])
        col = tint(col, fac.outputs[0], beard['color'], 1)
    # mottling
    tc = n.new('ShaderNodeTexCoord')
    nz = n.new('ShaderNodeTexNoise'); nz.inputs['Scale'].default_value = 55; nz.inputs['Detail'].default_value = 6
    l.new(tc.outputs['Object'], nz.inputs['Vector'])
    mr = n.new('ShaderNodeMapRange'); mr.inputs[1].default_value = .35; mr.inputs[2].default_value = .65
    mr.inputs[3].default_value = .95; mr.inputs[4].default_value = 1.04
    l.new(nz.outputs[0], mr.inputs[0])
    mm = n.new('ShaderNodeMixRGB'); mm.blend_type = 'MULTIPLY'; mm.inputs[0].default_value = 1
    l.new(col, mm.inputs[1]); l.new(mr.outputs[0], mm.inputs[2])
    l.new(mm.outputs[0], p.inputs['Base Color'])
    l.new(mm.outputs[0], p.inputs['Subsurface Color'])
    # roughness: lips and T-zone glossier
    ro = n.new('ShaderNodeMath'); ro.operation = 'MULTIPLY_ADD'
    ro.inputs[1].default_value = -cfg.get('lip_gloss', 0.20); ro.inputs[2].default_value = cfg.get('rough', 0.47)
    l.new(sep.outputs[0], ro.inputs[0])
    ro2 = n.new('ShaderNodeMath'); ro2.operation = 'MULTIPLY_ADD'; ro2.inputs[1].default_value = -0.07
    l.new(sep.outputs[2], ro2.inputs[0]); l.new(ro.outputs[0], ro2.inputs[2])
    rough = ro2.outputs[0]
    if 'beard' in cfg:
        ro3 = n.new('ShaderNodeMath'); ro3.operation = 'MULTIPLY_ADD'; ro3.inputs[1].default_value = .25
        l.new(bm.outputs[0], ro3.inputs[0]); l.new(rough, ro3.inputs[2]); rough = ro3.outputs[0]
    l.new(rough, p.inputs['Roughness'])
    # pores + texture relief
    vo = n.new('ShaderNodeTexVoronoi'); vo.inputs['Scale'].default_value = 900
    l.new(tc.outputs['Object'], vo.inputs['Vector'])
    n2 = n.new('ShaderNodeTexNoise'); n2.inputs['Scale'].default_value = 420; n2.inputs['Detail'].default_value = 4
    l.new(tc.outputs['Object'], n2.inputs['Vector'])
    ad = n.new('ShaderNodeMath'); ad.operation = 'ADD'
    l.new(vo.outputs[0], ad.inputs[0]); l.new(n2.outputs[0], ad.inputs[1])
    b1 = n.new('ShaderNodeBump'); b1.inputs['Strength'].default_value = cfg.get('pore', 0.10); b1.inputs['Distance'].default_value = 0.0006
    l.new(ad.outputs[0], b1.inputs['Height'])
    bw = n.new('ShaderNodeRGBToBW'); l.new(t.outputs[0], bw.inputs[0])
    b2 = n.new('ShaderNodeBump'); b2.inputs['Strength'].default_value = cfg.get('relief', 0.25); b2.inputs['Distance'].default_value = 0.002
    l.new(bw.outputs[0], b2.inputs['Height']); l.new(b1.outputs[0], b2.inputs['Normal'])
    l.new(b2.outputs[0], p.inputs['Normal'])
    return m


def card_material(name, tex, color=None, alpha_gain=1.0, rough=0.6, value=1.0):
    m, n, l = mat(name)
    p, o = principled(n, l, Roughness=rough, Specular=0.2)
    t = img(n, tex)
    if color is None:
        l.new(t.outputs[0], p.inputs['Base Color'])
    else:
        p.inputs['Base Color'].default_value = (*color, 1)
    g = n.new('ShaderNodeMath'); g.operation = 'MULTIPLY'; g.use_clamp = True; g.inputs[1].default_value = alpha_gain
    l.new(t.outputs[1], g.inputs[0]); l.new(g.outputs[0], p.inputs['Alpha'])
    return m


def eye_material(tex, cfg):
    m, n, l = mat('eye')
    p, o = principled(n, l, Roughness=0.25, Specular=0.25)
    p.inputs['Clearcoat'].default_value = 0.0
    t = img(n, tex)
    hs = n.new('ShaderNodeHueSaturation'); hs.inputs['Saturation'].default_value = cfg.get('saturation', 1.0); hs.inputs['Value'].default_value = cfg.get('value', 1.0)
    mx = n.new('ShaderNodeMixRGB'); mx.blend_type = 'MULTIPLY'; mx.inputs[0].default_value = 1
    mx.inputs[2].default_value = (*cfg.get('tint', (1, 1, 1)), 1)
    iris = n.new('ShaderNodeMixRGB'); iris.blend_type = 'MULTIPLY'; iris.inputs[2].default_value = (*cfg.get('iris', (1, 1, 1)), 1)
    hsv = n.new('ShaderNodeSeparateColor'); hsv.mode = 'HSV'
    vivid = n.new('ShaderNodeMapRange'); vivid.inputs[1].default_value = .25; vivid.inputs[2].default_value = .42      # the white is pale, the iris is not
    l.new(t.outputs[0], hsv.inputs[0]); l.new(hsv.outputs[1], vivid.inputs[0]); l.new(vivid.outputs[0], iris.inputs[0])
    l.new(t.outputs[0], iris.inputs[1]); l.new(iris.outputs[0], hs.inputs['Color']); l.new(hs.outputs[0], mx.inputs[1]); l.new(mx.outputs[0], p.inputs['Base Color'])
    p.inputs['Subsurface'].default_value = 0.06
    p.inputs['Subsurface Radius'].default_value = (0.003, 0.001, 0.001)
    l.new(mx.outputs[0], p.inputs['Subsurface Color'])
    return m


def cornea_material():
    m, n, l = mat('cornea')
    o = n.new('ShaderNodeOutputMaterial')
    tr = n.new('ShaderNodeBsdfTransparent')
    g = n.new('ShaderNodeBsdfGlossy'); g.inputs['Roughness'].default_value = 0.02
    fr = n.new('ShaderNodeFresnel'); fr.inputs[0].default_value = 1.38
    mx = n.new('ShaderNodeMixShader')
    gain = n.new('ShaderNodeMath'); gain.operation = 'MULTIPLY'; gain.use_clamp = True; gain.inputs[1].default_value = 2.2
    l.new(fr.outputs[0], gain.inputs[0]); l.new(gain.outputs[0], mx.inputs[0]); l.new(tr.outputs[0], mx.inputs[1]); l.new(g.outputs[0], mx.inputs[2])
    l.new(mx.outputs[0], o.inputs[0])
    return m


def simple_material(name, color, rough=0.5, spec=0.4, tex=None, sss=0, gain=1.0, clamp=False, normal=None, weave=0.0, rib=0.0):
    m, n, l = mat(name)
    p, o = principled(n, l, Roughness=rough, Specular=spec)
    p.inputs['Base Color'].default_value = (*color, 1)
    if tex:
        t = img(n, tex)
        mx = n.new('ShaderNodeMixRGB'); mx.blend_type = 'MULTIPLY'; mx.inputs[0].default_value = 1
        bright = n.new('ShaderNodeMixRGB'); bright.blend_type = 'MULTIPLY'; bright.inputs[0].default_value = 1
        bright.inputs[2].default_value = (gain, gain, gain, 1); bright.use_clamp = clamp
        l.new(t.outputs[0], bright.inputs[1]); l.new(bright.outputs[0], mx.inputs[1]); mx.inputs[2].default_value = (*color, 1)
        l.new(mx.outputs[0], p.inputs['Base Color'])
    if sss:
        p.inputs['Subsurface'].default_value = sss
        p.inputs['Subsurface Radius'].default_value = (0.004, 0.002, 0.0015)
        p.inputs['Subsurface Color'].default_value = (*color, 1)
    nrm = None
    if rib:                                               # knitted ribs across the first texture axis, in metres
        tu = n.new('ShaderNodeTexCoord')
        wv = n.new('ShaderNodeTexWave'); wv.wave_type = 'BANDS'; wv.bands_direction = 'X'; wv.inputs['Scale'].default_value = .314 / rib
        bp = n.new('ShaderNodeBump'); bp.inputs['Strength'].default_value = .8; bp.inputs['Distance'].default_value = rib * .4
        l.new(tu.outputs['UV'], wv.inputs[0]); l.new(wv.outputs[1], bp.inputs['Height']); nrm = bp.outputs[0]
    if normal:
        t2 = img(n, normal, True); nm = n.new('ShaderNodeNormalMap'); nm.inputs[0].default_value = 1.0
        l.new(t2.outputs[0], nm.inputs[1]); nrm = nm.outputs[0]
    if weave:
        tc = n.new('ShaderNodeTexCoord')
        w = n.new('ShaderNodeTexWave'); w.wave_type = 'BANDS'; w.bands_direction = 'X'; w.inputs['Scale'].default_value = 420; w.inputs['Distortion'].default_value = .6
        w2 = n.new('ShaderNodeTexWave'); w2.wave_type = 'BANDS'; w2.bands_direction = 'Z'; w2.inputs['Scale'].default_value = 420; w2.inputs['Distortion'].default_value = .6
        l.new(tc.outputs['Object'], w.inputs[0]); l.new(tc.outputs['Object'], w2.inputs[0])
        a = n.new('ShaderNodeMath'); a.operation = 'ADD'; l.new(w.outputs[1], a.inputs[0]); l.new(w2.outputs[1], a.inputs[1])
        b = n.new('ShaderNodeBump'); b.inputs['Strength'].default_value = weave; b.inputs['Distance'].default_value = 0.0006
        l.new(a.outputs[0], b.inputs['Height'])
        if nrm: l.new(nrm, b.inputs['Normal'])
        nrm = b.outputs[0]
        p.inputs['Sheen'].default_value = 0.5
        mp = n.new('ShaderNodeMapping'); mp.inputs['Scale'].default_value = (9, 9, 4); l.new(tc.outputs['Object'], mp.inputs[0])
        fo = n.new('ShaderNodeTexNoise'); fo.inputs['Scale'].default_value = 1.6; fo.inputs['Detail'].default_value = 1.5; fo.inputs['Distortion'].default_value = 1.2
        l.new(mp.outputs[0], fo.inputs[0])
        b3 = n.new('ShaderNodeBump'); b3.inputs['Strength'].default_value = .55; b3.inputs['Distance'].default_value = .012
        l.new(fo.outputs[0], b3.inputs['Height']); l.new(b.outputs[0], b3.inputs['Normal']); nrm = b3.outputs[0]
    if nrm:
        l.new(nrm, p.inputs['Normal'])
    return m


def hair_material(name, color, rough=0.38, rr=0.45, var=0.2):
    m, n, l = mat(name)
    m.pass_index = 1
    o = n.new('ShaderNodeOutputMaterial')
    h = n.new('ShaderNodeBsdfHairPrincipled')
    h.parametrization = 'COLOR'
    h.inputs['Roughness'].default_value = rough
    h.inputs['Radial Roughness'].default_value = rr
    h.inputs['Random Roughness'].default_value = 0.2
    info = n.new('ShaderNodeHairInfo')
    ramp = n.new('ShaderNodeMixRGB')
    c = np.array(color)
    ramp.inputs[1].default_value = (*(c * (1 - var)), 1)
    ramp.inputs[2].default_value = (*np.clip(c * (1 + var), 0, 1), 1)
    l.new(info.outputs['Random'], ramp.inputs[0])
    l.new(ramp.outputs[0], h.inputs['Color'])
    l.new(h.outputs[0], o.inputs[0])
    return m


def brow_material(color):
    m, n, l = mat('browhair')
    m.pass_index = 3
    p, o = principled(n, l, Roughness=.65, Specular=.12)
    p.inputs['Base Color'].default_value = (*color, 1)
    return m


# ---------------------------------------------------------------- mesh helpers
def make_mesh(name, co, faces, uvs=None, fuv=None, material=None, subsurf=0, smooth=True):
    me = bpy.data.meshes.new(name)
    me.from_pydata([tuple(c) for c in co], [], faces)
    if uvs is not None:
        layer = me.uv_layers.new(name='UV')
        flat = np.array([uvs[i] for f in fuv for i in f], np.float32)
        layer.data.foreach_set('uv', flat.ravel())
    me.polygons.foreach_set('use_smooth', [smooth] * len(me.polygons))
    ob = bpy.data.objects.new(name, me)
    bpy.context.collection.objects.link(ob)
    if material:
        me.materials.append(material)
    if subsurf:
        s = ob.modifiers.new('sub', 'SUBSURF'); s.levels = 0; s.render_levels = subsurf
        s.boundary_smooth = 'PRESERVE_CORNERS'
    return ob


def paint_parts(ob, mesh, parts):
    """Gives another material to pieces of a garment, each named by a point on the texture map that it covers"""
    for point, material in parts:
        ob.data.materials.append(material)
        for i in faces_at(mesh, point):
            ob.data.polygons[int(i)].material_index = len(ob.data.materials) - 1


def set_co(ob, co):
    ob.data.vertices.foreach_set('co', np.ascontiguousarray(co, dtype=np.float32).ravel())
    ob.data.update()


def strands_object(name, strands, radius_root, radius_tip, material):
    """strands: (n, k, 3) Blender coordinates. Rendered as Cycles hair curves through geometry nodes."""
    n, k, _ = strands.shape
    me = bpy.data.meshes.new(name + '_src')
    co = strands.reshape(-1, 3).astype(np.float32)
    me.vertices.add(n * k); me.vertices.foreach_set('co', co.ravel())
    e = np.arange(n * k).reshape(n, k)
    edges = np.stack([e[:, :-1].ravel(), e[:, 1:].ravel()], 1).astype(np.int32)
    me.edges.add(len(edges)); me.edges.foreach_set('vertices', edges.ravel())
    at = me.attributes.new('rad', 'FLOAT', 'POINT')
    t = np.linspace(0, 1, k)
    prof = radius_root + (radius_tip - radius_root) * t ** 2
    rnd = np.random.default_rng(1).uniform(.7, 1.25, n)
    at.data.foreach_set('value', (rnd[:, None] * prof[None]).astype(np.float32).ravel())
    src = bpy.data.objects.new(name + '_src', me)
    bpy.context.collection.objects.link(src); src.hide_render = True; src.hide_viewport = True
    cu = bpy.data.hair_curves.new(name)
    ob = bpy.data.objects.new(name, cu)
    bpy.context.collection.objects.link(ob)
    cu.materials.append(material)
    ob.scale = (1, 1, 1.00001)                            # not uniform: so Cycles keeps the strands in a tree of their own, built once for all layers
    ng = bpy.data.node_groups.new(name, 'GeometryNodeTree')
    ng.outputs.new('NodeSocketGeometry', 'Geometry')
    oi = ng.nodes.new('GeometryNodeObjectInfo'); oi.inputs[0].default_value = src
    mc = ng.nodes.new('GeometryNodeMeshToCurve')
    sr = ng.nodes.new('GeometryNodeSetCurveRadius')
    na = ng.nodes.new('GeometryNodeInputNamedAttribute'); na.data_type = 'FLOAT'; na.inputs[0].default_value = 'rad'
    sm = ng.nodes.new('GeometryNodeSetMaterial'); sm.inputs['Material'].default_value = material
    go = ng.nodes.new('NodeGroupOutput')
    ng.links.new(oi.outputs['Geometry'], mc.inputs[0])
    ng.links.new(mc.outputs[0], sr.inputs['Curve'])
    ng.links.new([s for s in na.outputs if s.enabled][0], sr.inputs['Radius'])
    ng.links.new(sr.outputs[0], sm.inputs['Geometry'])
    ng.links.new(sm.outputs[0], go.inputs[0])
    md = ob.modifiers.new('gn', 'NODES'); md.node_group = ng
    return src, ob
