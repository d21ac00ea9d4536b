const shortest = 12;
const longest = 256;

/** What is wrong with a new password, as text for people; null when it will do. */
export function passwordFault(password: string, again: string): string | null {
  if (password.length < shortest) return `The password needs at least ${shortest} characters; this one has ${password.length}.`;
  if (password.length > longest) return `The password may have at most ${longest} characters.`;
  if (password !== again) return 'The two passwords differ. Type the same one twice.';
  return null;
}
