/** Functions of this page that the language model may call, to show how tools look in a conversation. */
import { ChatTool } from 'perso-interactive-sdk-web/client';

/** `onCall` sees each call with its result before the model does. */
export function createTools(onCall: (name: string, args: object, result: object) => void): ChatTool[] {
  const tool = (
    name: string,
    description: string,
    parameters: object,
    run: (args: Readonly<Record<string, unknown>>) => object,
  ) =>
    new ChatTool(name, description, parameters, (args: Readonly<Record<string, unknown>>) => {
      const result = run(args);
      onCall(name, args, result);
      return result;
    });
  return [
    tool(
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
      ({ location, units }) => ({
        location,
        temperature: units === 'fahrenheit' ? '86 ℉' : '30 ℃',
        sky: 'mostly clear',
        humidity: '68 %',
        wind: '10.3 km/h',
      }),
    ),
    tool(
      'get_local_time',
      "Tells the date and time at the user's place",
      { type: 'object', properties: {} },
      () => ({ time: new Date().toLocaleString(), zone: Intl.DateTimeFormat().resolvedOptions().timeZone }),
    ),
  ];
}
