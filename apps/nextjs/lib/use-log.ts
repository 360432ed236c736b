'use client';
/** The chat log as a hook. */

import { useMemo, useRef, useState } from 'react';

export interface Line {
  readonly id: number;
  readonly kind: 'user' | 'avatar' | 'tool';
  readonly text: string;
}

export interface Log {
  /** Adds a line, and returns what replaces its text. */
  add(kind: Line['kind'], text: string): (text: string) => void;
  clear(): void;
}

/** The lines, oldest first, and what changes them, which stays the same object. */
export function useLog(): [readonly Line[], Log] {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const nextId = useRef(0);
  const log = useMemo<Log>(
    () => ({
      add(kind, text) {
        const id = nextId.current++;
        setLines((before) => [...before, { id, kind, text }]);
        return (newText) => {
          setLines((before) => before.map((line) => (line.id === id ? { ...line, text: newText } : line)));
        };
      },
      clear: () => setLines([]),
    }),
    [],
  );
  return [lines, log];
}
