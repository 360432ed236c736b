/** What every panel needs of the page: its elements, and the one place where problems are shown. */

import { explain } from './explain.ts';

/** The element with this id. The second argument says what kind it is, for the compiler and for whoever edits the page. */
export function find<T extends HTMLElement>(id: string, kind: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof kind) return element;
  throw new Error(`The page needs a ${kind.name} with the id "${id}".`);
}

/** Runs what a control asks for, and shows what goes wrong. Never rejects. */
export async function attempt(action: () => unknown): Promise<void> {
  showProblem('');
  try {
    await action();
  } catch (error) {
    showProblem(explain(error));
  }
}

export function showProblem(text: string): void {
  find('problem', HTMLElement).textContent = text;
}
