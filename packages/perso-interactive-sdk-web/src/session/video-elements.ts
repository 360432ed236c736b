/** The video elements that show a session: they follow it from stream to stream. */

export interface VideoElements {
  /** Shows `stream` in `element`, and in what comes after it. */
  show(element: HTMLVideoElement, stream: MediaStream | undefined): void;
  /** Shows `stream` in every element that still shows its predecessor. */
  follow(stream: MediaStream | undefined): void;
}

export function createVideoElements(): VideoElements {
  // Held weakly: an element the page throws away takes its decoder with it.
  let shown: ReadonlyArray<{ deref(): HTMLVideoElement | undefined }> = [];
  let current: MediaStream | undefined;

  const followers = (): HTMLVideoElement[] =>
    shown.flatMap((reference) => reference.deref() ?? []).filter((element) => element.srcObject === current);
  const remember = (elements: readonly HTMLVideoElement[]): void => {
    shown = elements.map((element) =>
      // Safari before 14.1 and Firefox before 79 have no weak references.
      typeof WeakRef === 'undefined' ? { deref: () => element } : new WeakRef(element),
    );
  };

  return {
    show(element, stream) {
      const others = stream === current ? followers() : [];
      current = stream;
      element.srcObject = stream ?? null;
      remember([...others.filter((other) => other !== element), element]);
    },
    follow(stream) {
      const elements = followers();
      current = stream;
      for (const element of elements) {
        // An element whose stream has ended counts as paused, unlike one that the user has paused.
        const plays = !element.paused || element.ended;
        element.srcObject = stream ?? null;
        if (plays) element.play().catch(() => undefined);
      }
      remember(elements);
    },
  };
}
