/** Step 5: background, orientation and position, with a preview. */

import { drawPreview } from '@visavox/playground/preview';
import { BLANK, fillSelect } from '../fields.ts';
import { find } from '../page.ts';
import type { Catalogue, SettingsPanel } from '../panel.ts';

export interface PositionPanel extends SettingsPanel {
  /** Size of the picture to ask for, in CSS pixels. */
  size(): { width: number; height: number };
}

export function createPositionPanel(): PositionPanel {
  const modelStyle = find('model-style', HTMLSelectElement);
  const background = find('background', HTMLSelectElement);
  const landscape = find('landscape', HTMLInputElement);
  const portrait = find('portrait', HTMLInputElement);
  const sliders = {
    left: find('left', HTMLInputElement),
    top: find('top', HTMLInputElement),
    height: find('height', HTMLInputElement),
  };
  const preview = find('preview', HTMLCanvasElement);
  let modelStyles: Catalogue['modelStyles'] = [];
  let backgrounds: Catalogue['backgroundImages'] = [];

  const size = () => (landscape.checked ? { width: 1920, height: 1080 } : { width: 1080, height: 1920 });

  /** The sliders show percent; the server takes shares. */
  const share = (slider: HTMLInputElement): number => slider.valueAsNumber / 100;

  const show = (): void => {
    for (const [name, slider] of Object.entries(sliders)) {
      find(`${name}-value`, HTMLElement).textContent = `${slider.value} %`;
    }
    find('conversation', HTMLElement).classList.toggle('wide', landscape.checked);
    void drawPreview(preview, {
      ...size(),
      left: share(sliders.left),
      top: share(sliders.top),
      scale: share(sliders.height),
      avatarUrl: modelStyles.find(({ name }) => name === modelStyle.value)?.file,
      backgroundUrl: backgrounds.find(({ backgroundimage_id }) => backgroundimage_id === background.value)
        ?.image,
    });
  };

  const controls = [modelStyle, background, landscape, portrait, ...Object.values(sliders)];
  for (const control of controls) control.oninput = show;

  return {
    show(catalogue) {
      ({ modelStyles, backgroundImages: backgrounds } = catalogue);
      const options = backgrounds.map(({ backgroundimage_id, title }) => ({
        value: backgroundimage_id,
        label: title,
      }));
      fillSelect(background, [BLANK, ...options]);
      show();
    },
    params: () => ({
      background_image: background.value || undefined,
      padding_left: share(sliders.left),
      padding_top: share(sliders.top),
      padding_height: share(sliders.height),
    }),
    size,
  };
}
