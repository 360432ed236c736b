/** What Linux tells of a process. Other systems have no /proc; the callers leave those rows out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';

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

/** Processor time that the host of a virtual machine has given to others so far, in hundredths of a second; 0 on others. */
export function readStolenTicks(): number {
  return hasProc ? (readMachineTicks()[7] ?? 0) : 0;
}

/** Of all cores, by what they did: user, nice, system, idle, iowait, irq, softirq, steal. */
function readMachineTicks(): readonly number[] {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  return line.trim().split(/\s+/).slice(1).map(Number);
}

/** How much of the machine, all cores together, was used between two readings. */
export interface MachineUse {
  /** Work at normal priority; what runs at low priority gives way. */
  readonly normalPart: number;
  /** By programs that are not ours, at any priority. */
  readonly othersPart: number;
}

/** Starts a reading; the returned function ends it. Processes of ours count with their children. */
export function watchMachine(): () => MachineUse {
  const read = () => {
    const fields = readMachineTicks();
    const total = fields.slice(0, 8).reduce((sum, value) => sum + value, 0);
    return { total, nice: fields[1] ?? 0, idle: (fields[3] ?? 0) + (fields[4] ?? 0), ours: readOwnTicks() };
  };
  const before = read();
  return () => {
    const after = read();
    const total = after.total - before.total;
    const busy = total - (after.idle - before.idle);
    const ours = Math.max(0, after.ours - before.ours);
    const normal = busy - (after.nice - before.nice);
    return { normalPart: normal / total, othersPart: Math.max(0, busy - ours) / total };
  };
}

/** Processor ticks of this process and all below it, with those of ended children that were waited for. */
function readOwnTicks(): number {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      parents.set(Number(name), fields[1] ?? 0);
      ticks.set(
        Number(name),
        fields.slice(11, 15).reduce((sum, value) => sum + value, 0),
      );
    } catch {
      // Ended between the listing and the reading.
    }
  }
  const isOurs = (id: number): boolean => {
    const parent = parents.get(id);
    return id === process.pid || (parent !== undefined && parent !== 0 && isOurs(parent));
  };
  let sum = 0;
  for (const [id, value] of ticks) if (isOurs(id)) sum += value;
  return sum;
}
