/** Functions of this page that the language model may call. */

import { ChatTool } from 'perso-interactive-sdk-web/client';

export const clientTools = [
  new ChatTool(
    'get_square_number',
    'Returns the square of a number',
    {
      type: 'object',
      properties: { number: { type: 'number', description: 'The number to square' } },
      required: ['number'],
    },
    ({ number }) => ({ square: number * number }),
  ),

  new ChatTool(
    'get_current_weather',
    'Tells the current weather of a place',
    {
      type: 'object',
      properties: {
        location: { type: 'string', description: "City and country, e.g. 'Seoul, South Korea'" },
        units: { type: 'string', enum: ['celsius', 'fahrenheit'], description: 'Unit of the temperature' },
      },
      required: ['location'],
    },
    // A real page would ask a weather service here.
    ({ location, units = 'celsius' }) => ({
      location,
      temperature: units === 'fahrenheit' ? '86 ℉' : '30 ℃',
      sky: 'mostly clear',
      humidity: '68 %',
      wind: '10.3 km/h',
    }),
  ),

  // The last argument means "execute only": the model does not comment on the result.
  new ChatTool(
    'show_settings',
    'Shows the settings of this page to the user',
    { type: 'object', properties: {} },
    () => {
      document.querySelector('.settings').scrollIntoView({ behavior: 'smooth' });
      return { shown: true };
    },
    true,
  ),

  new ChatTool(
    'show_map',
    'Shows a map to the user',
    { type: 'object', properties: {} },
    // On purpose, to see what the page makes of a tool that fails.
    () => {
      throw new Error('There is no map on this page.');
    },
    true,
  ),
];
