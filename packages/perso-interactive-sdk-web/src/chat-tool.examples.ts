/** Code shown in the docstring of `ChatTool`. */

import { ChatTool } from './chat-tool.ts';

export function weather(readThermometer: (location: string) => Promise<number>): ChatTool {
  // #region weather
  const tool = new ChatTool(
    'get_current_weather',
    'Tells the current temperature of a place, in degrees Celsius',
    {
      type: 'object',
      properties: { location: { type: 'string', description: "City and country, e.g. 'Seoul, KR'" } },
      required: ['location'],
    },
    async ({ location }: { location: string }) => ({ temperature: await readThermometer(location) }),
  );
  // #endregion
  return tool;
}
