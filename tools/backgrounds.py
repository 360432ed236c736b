"""backgrounds.py OUT : draws the background pictures that a new organization starts with (1920x1080 WebP, out of focus)"""
import os, subprocess, sys
import cv2, numpy as np

W, H = 1920, 1080
out = sys.argv[1]
os.makedirs(out, exist_ok=True)
rng = np.random.default_rng(7)
y, x = np.mgrid[0:H, 0:W].astype(np.float32)


def blur(a, s):
    return cv2.GaussianBlur(a, (0, 0), s)


def rect(a, x0, y0, x1, y1, color, weight=1.):
    a[int(y0):int(y1), int(x0):int(x1)] = a[int(y0):int(y1), int(x0):int(x1)] * (1 - weight) + np.array(color, np.float32) * weight


def save(name, a):
    a = a + rng.normal(0, .006, a.shape)                        # dither: no banding in soft gradients
    png = os.path.join(out, name + '.png')
    cv2.imwrite(png, (np.clip(a[..., ::-1], 0, 1) * 255 + .5).astype(np.uint8))
    subprocess.check_call(['cwebp', '-quiet', '-q', '82', '-m', '6', png, '-o', os.path.join(out, name + '.webp')])
    os.remove(png)


# A bright office: a window front on the left, a wall with shelves on the right, a desk line below.
a = np.ones((H, W, 3), np.float32) * (.80, .79, .77)
for k in range(4):
    rect(a, 40 + k * 235, 90, 245 + k * 235, 700, (.95, .97, 1.0))
    rect(a, 40 + k * 235, 430 + 40 * (k % 2), 245 + k * 235, 700, (.72, .82, .78), .55)
    rect(a, 245 + k * 235, 90, 275 + k * 235, 700, (.62, .62, .63))
for r in range(4):
    rect(a, 1180, 170 + r * 150, 1850, 186 + r * 150, (.55, .47, .40))
    for k in range(13):
        if rng.random() < .72:
            h = rng.uniform(50, 112)
            c = np.array([(.75, .50, .42), (.42, .53, .60), (.82, .78, .70), (.50, .58, .50), (.35, .38, .45)][rng.integers(5)])
            rect(a, 1195 + k * 50, 170 + r * 150 - h, 1195 + k * 50 + rng.uniform(18, 40), 170 + r * 150, c)
rect(a, 0, 820, W, H, (.60, .52, .45))
a = blur(a, 26)
a *= (1.06 - .25 * np.clip(np.hypot((x - 500) / W, (y - 350) / H), 0, 1))[..., None]
save('bright-office', a)

# Evening: dark blue room, warm lights out of focus.
a = np.ones((H, W, 3), np.float32) * (.075, .09, .14)
a += (.10 * np.clip(1 - y / H, 0, 1))[..., None] * np.array((.5, .7, 1.2), np.float32)
a = blur(a, 40)
for _ in range(64):
    cx, cy, r = rng.uniform(0, W), rng.uniform(80, 780), rng.uniform(14, 62)
    c = np.array([(1., .72, .38), (1., .55, .30), (.55, .75, 1.), (1., .88, .65)][rng.choice(4, p=[.45, .2, .15, .2])], np.float32)
    d = np.hypot(x - cx, y - cy)
    disc = np.clip((r - d) / 4, 0, 1) * (.75 + .25 * np.clip(d / r, 0, 1) ** 4)
    a += (disc * rng.uniform(.05, .26))[..., None] * c
a = blur(a, 5)
save('evening-lights', a)
