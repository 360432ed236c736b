import { expect, test } from 'vitest';
import { ConfigError, childEnvironment, readConfig } from './config.ts';

test('without variables everything has a default', () => {
  const config = readConfig({}, '/repository');
  expect(config).toMatchObject({
    port: 8484,
    host: '127.0.0.1',
    dataDirectory: '/repository/.visavox',
    localModels: true,
  });
});

test('an empty value means not set', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '' }, '/r').port).toBe(8484);
});

test.each([
  ['PORT', '80a'],
  ['PORT', '70000'],
  ['VISAVOX_PUBLIC_URL', 'example.com'],
  ['DATABASE_URL', 'mysql://x'],
  ['VISAVOX_MEDIA_ADDRESS', 'host.example'],
  ['VISAVOX_MEDIA_PORTS', '50000'],
  ['VISAVOX_MEDIA_PORTS', '50010-50000'],
  ['VISAVOX_MEDIA_PROCESSES', '0'],
  ['VISAVOX_LOG_LEVEL', 'loud'],
  ['VISAVOX_LOCAL_MODELS', 'yes'],
  ['VISAVOX_ICE_SERVERS', '{'],
  ['VISAVOX_ICE_SERVERS', '[{"url":"stun:x"}]'],
])('%s=%s stops with a sentence that names it', (name, value) => {
  expect(() => readConfig({ [name]: value }, '/r')).toThrow(ConfigError);
  expect(() => readConfig({ [name]: value }, '/r')).toThrow(name);
});

test('the value of a secret never appears in the error', () => {
  expect(() => readConfig({ VISAVOX_API_KEY: 'short 1' }, '/r')).toThrow(/VISAVOX_API_KEY must be/);
  expect(() => readConfig({ VISAVOX_API_KEY: 'short 1' }, '/r')).not.toThrow(/short 1/);
});

test('an unknown VISAVOX_ variable is refused, foreign variables are not looked at', () => {
  expect(() => readConfig({ VISAVOX_DATADIR: '/x' }, '/r')).toThrow('VISAVOX_DATADIR is not a variable');
  expect(readConfig({ OTHER_VARIABLE: 'x' }, '/r').port).toBe(8484);
});

test('child processes get no secrets', () => {
  const environment = childEnvironment({
    PATH: '/bin',
    OPENAI_API_KEY: 'sk',
    DATABASE_URL: 'postgres://u:p@h/d',
  });
  expect(environment).toEqual({ PATH: '/bin' });
});
