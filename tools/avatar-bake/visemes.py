"""Mouth space: a jaw x lip grid plus a few consonant shapes, the eye states, and 15 visemes placed in that space."""
JAW = [0, 1.5, 3, 4.5, 6, 7.75, 9.5, 11.25, 13]      # degrees of jaw rotation
LIP = [-1, -.5, 0, .5, 1]                            # spread .. pucker
LIDS = [0, .22, .45, .7, 1]                          # share of a full closure
LID_FULL = .80
# degrees to the viewer's right and down; near ones in between keep a small glance from showing two irises
GAZE = dict(l=(-9, 0), nl=(-4, 0), nr=(4, 0), r=(9, 0), u=(0, -6), nu=(0, -3), nd=(0, 3), d=(0, 7))


def lipmix(l, jaw, pucker=1):
    e = {}
    o = min(1, jaw / 6)
    if l < 0:
        e['mouth-upward-retraction'] = .38 * -l
        e['mouth-depression-retraction'] = .17 * -l
        e['mouth-part-later'] = .06 * -l
    elif l > 0:
        e['mouth-protusion'] = pucker * (.58 * min(1, 2 * l) - .30 * max(0, 2 * l - 1))
        e['mouth-pursing'] = pucker * (.24 * min(1, 2 * l) + .66 * max(0, 2 * l - 1))
    e['mouth/mouth-upperlip-middle-up'] = .26 * o * (1 - abs(l))
    e['mouth-elevation'] = .32 * o * (1 - abs(l) * .5)
    return e


SPECIAL = {
    'PP': dict(jaw=0, expr={'mouth-compression': .30, 'mouth-retraction': .12, 'mouth-corner-puller@l': -.10, 'mouth-corner-puller@r': -.10}),
    'PW': dict(jaw=0, expr={'mouth-compression': .18, 'mouth-pursing': .42}),
    'FF': dict(jaw=0, expr={'mouth/mouth-lowerlip-middle-up': .35, 'mouth-elevation': .62, 'mouth-upward-retraction': .06}),
    'TH': dict(jaw=3.5, tongue=2, tongue_out=.15, expr={'mouth-upward-retraction': .25, 'mouth-depression-retraction': .10, 'mouth-elevation': .2}),
    'TD': dict(jaw=3, tongue=11, tongue_out=.09, expr={'mouth-upward-retraction': .24, 'mouth-depression-retraction': .18, 'mouth-elevation': .15}),
    'LL': dict(jaw=6, tongue=19, tongue_out=.12, expr={'mouth-upward-retraction': .20, 'mouth-depression-retraction': .12, 'mouth-elevation': .15}),
    'CH': dict(jaw=.4, expr={'mouth-protusion': .46, 'mouth-part-later': .05, 'mouth-pursing': .22}),
}
# viseme -> (jaw, lip, special or None, special weight)
VISEME = {'sil': (0, 0, None, 0), 'PP': (0, 0, 'PP', 1), 'FF': (1.5, 0, 'FF', 1), 'TH': (4, -.2, 'TH', 1),
          'DD': (4, -.3, 'TD', .8), 'kk': (5, -.3, None, 0), 'CH': (2, .5, 'CH', 1), 'SS': (1, -.8, None, 0),
          'nn': (4.5, -.3, 'LL', .6), 'RR': (4, .45, None, 0), 'aa': (12.5, -.05, None, 0), 'E': (8, -.6, None, 0),
          'ih': (4.5, -.7, None, 0), 'oh': (9.5, .55, None, 0), 'ou': (4.5, 1, None, 0)}


def mix(rest, *more):
    e = dict(rest)
    for d in more:
        for k, w in d.items():
            e[k] = e.get(k, 0) + w
    return e


def lids(c):
    return {'eye-left-closure': c, 'eye-right-closure': c}


def pose(name, rest, pucker=1):
    """Keyword arguments of Avatar.base for a layer name: neutral, m_<jaw index><lip index>, m_<special>, e_b<n>, e_g<dir>."""
    if name == 'neutral':
        return dict(expr=mix(rest))
    kind, key = name.split('_')
    if kind == 'm' and key in SPECIAL:
        d = dict(SPECIAL[key])
        return dict(d, expr=mix(rest, d['expr']))
    if kind == 'm':
        jaw, lip = JAW[int(key[0])], LIP[int(key[1])]
        return dict(jaw=jaw, expr=mix(rest, lipmix(lip, jaw, pucker)))
    if key[0] == 'b':
        return dict(expr=mix(rest, lids(LIDS[int(key[1])] * LID_FULL)))
    if key[0] == 'g':
        return dict(gaze=GAZE[key[1:]], expr=mix(rest, lids(.026 * max(0, GAZE[key[1:]][1]))))
    raise ValueError(f'no such layer: {name}')


def layers():
    """Every patch of a pack, most needed first."""
    mouth = [f'm_{i}{k}' for i in range(0, len(JAW), 2) for k in range(len(LIP))] + ['m_' + k for k in SPECIAL]
    mouth += [f'm_{i}{k}' for i in range(1, len(JAW), 2) for k in range(len(LIP))]
    eyes = [f'e_b{i}' for i in range(len(LIDS))] + ['e_g' + k for k in GAZE]
    return ['neutral'] + eyes + mouth
