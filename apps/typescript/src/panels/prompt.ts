/** Step 3: prompt, introduction and document. */

import { BLANK, fillSelect } from '../fields.ts';
import { find } from '../page.ts';
import type { Catalogue, SettingsPanel } from '../panel.ts';

export interface PromptPanel extends SettingsPanel {
  /** What the AI human says first; empty when it is not wanted. */
  intro(): string;
}

export function createPromptPanel(): PromptPanel {
  const prompt = find('prompt', HTMLSelectElement);
  const document = find('document', HTMLSelectElement);
  const useIntro = find('use-intro', HTMLInputElement);
  const preview = find('intro', HTMLElement);
  let prompts: Catalogue['prompts'] = [];

  const chosenIntro = (): string =>
    prompts.find(({ prompt_id }) => prompt_id === prompt.value)?.intro_message?.trim() ?? '';

  const showIntro = (): void => {
    const intro = chosenIntro();
    preview.textContent = intro === '' ? 'This prompt has no introduction.' : `“${intro}”`;
    useIntro.disabled = intro === '';
  };
  prompt.onchange = showIntro;

  return {
    show(catalogue) {
      ({ prompts } = catalogue);
      const promptOptions = prompts.map(({ prompt_id, name }) => ({ value: prompt_id, label: name }));
      fillSelect(prompt, promptOptions);
      const documents = catalogue.documents.map(({ document_id, title }) => ({
        value: document_id,
        label: title,
      }));
      fillSelect(document, [BLANK, ...documents]);
      showIntro();
    },
    params: () => ({ prompt: prompt.value, document: document.value || undefined }),
    intro: () => (useIntro.checked ? chosenIntro() : ''),
  };
}
