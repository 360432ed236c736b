/** What Linux tells of a process. Other systems have no /proc; the callers leave those rows out. */
import { existsSync, readFileSync } from 'node:fs';

/** Of every Linux that Node runs on: USER_HZ is part of its kernel interface. */
const TICKS_PER_SECOND = 100;
const BYTES_PER_PAGE = 4096;

export const hasProc = existsSync('/proc/self/stat');

/** User and system time of all threads so far, in seconds. */
export function readCpuSeconds(processId: number): number {
  const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
  // The second field is a name in brackets that may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export function readResidentBytes(processId: number): number {
  return Number(readFileSync(`/proc/${processId}/statm`, 'utf8').split(' ')[1]) * BYTES_PER_PAGE;
}

/** How busy the whole machine is, all cores together: 1 means every core. */
export async function measureMachineLoad(durationMs: number): Promise<number> {
  const read = () => {
    const fields =
      readFileSync('/proc/stat', 'utf8').split('\n')[0]?.trim().split(/\s+/).slice(1).map(Number) ?? [];
    const total = fields.slice(0, 8).reduce((sum, value) => sum + value, 0);
    return { total, idle: (fields[3] ?? 0) + (fields[4] ?? 0) };
  };
  const before = read();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const after = read();
  return 1 - (after.idle - before.idle) / (after.total - before.total);
}
