/** Selects and check boxes that are filled from lists of the server. */

export interface Option {
  readonly value: string;
  readonly label: string;
}

/** First entry of a list from which nothing need be chosen. */
export const BLANK: Option = { value: '', label: '' };

export function fillSelect(select: HTMLSelectElement, options: readonly Option[]): void {
  select.replaceChildren(...options.map(({ value, label }) => new Option(label, value)));
}

export function fillCheckBoxes(box: HTMLElement, options: readonly Option[], checked: boolean): void {
  box.replaceChildren(
    ...options.map(({ value, label }) => {
      const input = document.createElement('input');
      input.type = 'checkbox';
      input.value = value;
      input.checked = checked;
      const row = document.createElement('label');
      row.className = 'check';
      row.append(input, label);
      return row;
    }),
  );
}

export function checkedValues(box: HTMLElement): string[] {
  return [...box.querySelectorAll<HTMLInputElement>('input:checked')].map(({ value }) => value);
}
