/** Step 2: language model, voice, recogniser and AI human. */

import { fillSelect, type Option } from '../fields.ts';
import { find } from '../page.ts';
import type { SettingsPanel } from '../panel.ts';

export function createModelsPanel(): SettingsPanel {
  const llm = find('llm', HTMLSelectElement);
  const tts = find('tts', HTMLSelectElement);
  const stt = find('stt', HTMLSelectElement);
  const modelStyle = find('model-style', HTMLSelectElement);

  return {
    show({ llms, ttsTypes, sttTypes, modelStyles }) {
      fillSelect(llm, llms.map(toOption));
      fillSelect(tts, ttsTypes.map(toOption));
      fillSelect(stt, sttTypes.map(toOption));
      fillSelect(modelStyle, modelStyles.map(toOption));
    },
    params: () => ({
      llm_type: llm.value,
      tts_type: tts.value,
      stt_type: stt.value,
      model_style: modelStyle.value,
    }),
  };
}

function toOption({ name, display_name }: { name: string; display_name?: string }): Option {
  return { value: name, label: display_name ?? name };
}
