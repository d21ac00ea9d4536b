interface BoxLines {
  name: string;
  timeZone: string;
  fleetUrl: string;
  token: string;
}

/** Text as a YAML scalar: plain where that is safe, quoted otherwise. */
export function scalar(value: string): string {
  return /^[A-Za-z][A-Za-z0-9 _./-]*$/.test(value) && !/^(true|false|null|yes|no|on|off)$/i.test(value) && !value.endsWith(' ') ? value : JSON.stringify(value);
}

/** What a new box's heldar.yaml needs to join the fleet. */
export function boxLines({ name, timeZone, fleetUrl, token }: BoxLines): string {
  return ['box:', `  name: ${scalar(name)}`, `  timeZone: ${scalar(timeZone)}`, 'fleet:', `  url: ${fleetUrl}`, `  enrolmentToken: ${scalar(token)}`, ''].join('\n');
}
