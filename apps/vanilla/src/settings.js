/** Steps 1 to 5: what the server offers, what was chosen, and the parameters of a session made from it. */

import { getAllSettings } from 'perso-interactive-sdk-web/client';
import { clientTools } from './client-tools.js';
import { drawPreview } from './preview.js';

const element = (id) => document.getElementById(id);

/** What the server answered to `getAllSettings`. */
let catalogue;

export async function loadSettings(apiServer, apiKey) {
  catalogue = await getAllSettings({ apiServer, apiKey });
  const named = (entry) => [entry.name, entry.display_name ?? entry.name];
  fillSelect('llm', catalogue.llms.map(named));
  fillSelect('tts', catalogue.ttsTypes.map(named));
  fillSelect('stt', catalogue.sttTypes.map(named));
  fillSelect('model-style', catalogue.modelStyles.map(named));
  fillSelect(
    'prompt',
    catalogue.prompts.map((entry) => [entry.prompt_id, entry.name]),
  );
  const blank = ['', ''];
  const backgrounds = catalogue.backgroundImages.map((entry) => [entry.backgroundimage_id, entry.title]);
  fillSelect('background', [blank, ...backgrounds]);
  const documents = catalogue.documents.map((entry) => [entry.document_id, entry.title]);
  fillSelect('document', [blank, ...documents]);

  const servers = catalogue.mcpServers.map((entry) => [entry.mcpserver_id, entry.name]);
  if (servers.length === 0) element('mcp-servers').textContent = 'No MCP servers available';
  else fillCheckBoxes('mcp-servers', servers, false);

  showIntro();
  showPosition();
}

/** The `params` of `createSessionId`. */
export function sessionParams() {
  return {
    using_stf_webrtc: true,
    llm_type: element('llm').value,
    tts_type: element('tts').value,
    stt_type: element('stt').value,
    model_style: element('model-style').value,
    prompt: element('prompt').value,
    // Undefined values are not sent.
    background_image: element('background').value || undefined,
    document: element('document').value || undefined,
    mcp_servers: checkedValues('mcp-servers'),
    ...position(),
  };
}

export function chosenTools() {
  const names = checkedValues('client-tools');
  return clientTools.filter(({ name }) => names.includes(name));
}

/** What the AI human says first; empty when it is not wanted. */
export function chosenIntro() {
  return element('use-intro').checked ? introOf(element('prompt').value) : '';
}

/** Size of the picture to ask for, in CSS pixels. */
export function chosenSize() {
  const landscape = document.querySelector('[name="orientation"]:checked').value === 'landscape';
  return landscape ? { width: 1920, height: 1080 } : { width: 1080, height: 1920 };
}

function introOf(promptId) {
  return catalogue.prompts.find((entry) => entry.prompt_id === promptId)?.intro_message?.trim() ?? '';
}

/** The sliders show percent; the server takes shares. */
function position() {
  const share = (id) => Number(element(id).value) / 100;
  return { padding_left: share('left'), padding_top: share('top'), padding_height: share('height') };
}

function showIntro() {
  const intro = introOf(element('prompt').value);
  element('intro').textContent = intro === '' ? 'This prompt has no introduction.' : `“${intro}”`;
  element('use-intro').disabled = intro === '';
}

function showPosition() {
  for (const id of ['left', 'top', 'height']) element(`${id}-value`).textContent = `${element(id).value} %`;
  const style = catalogue.modelStyles.find(({ name }) => name === element('model-style').value);
  const background = catalogue.backgroundImages.find(
    ({ backgroundimage_id }) => backgroundimage_id === element('background').value,
  );
  element('conversation').classList.toggle('wide', chosenSize().width > chosenSize().height);
  drawPreview(element('preview'), {
    ...chosenSize(),
    ...position(),
    avatarUrl: style?.file,
    backgroundUrl: background?.image,
  });
}

function fillSelect(id, options) {
  element(id).replaceChildren(...options.map(([value, label]) => new Option(label, value)));
}

function fillCheckBoxes(id, entries, checked) {
  const labels = entries.map(([value, name]) => {
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', value, checked });
    const label = document.createElement('label');
    label.className = 'check';
    label.append(box, name);
    return label;
  });
  element(id).replaceChildren(...labels);
}

function checkedValues(id) {
  return [...element(id).querySelectorAll('input:checked')].map(({ value }) => value);
}

fillCheckBoxes(
  'client-tools',
  clientTools.map(({ name }) => [name, name]),
  true,
);
element('prompt').onchange = showIntro;
for (const id of ['model-style', 'background', 'left', 'top', 'height']) element(id).oninput = showPosition;
for (const choice of document.querySelectorAll('[name="orientation"]')) choice.onchange = showPosition;
