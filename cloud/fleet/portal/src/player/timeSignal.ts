/** A moment that changes many times a second; those who show it subscribe, nobody else renders. */
export class TimeSignal {
  private value: number | null = null;
  private readonly listeners = new Set<() => void>();

  get = () => this.value;

  set(value: number | null): void {
    if (value === this.value) return;
    this.value = value;
    for (const listener of this.listeners) listener();
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}
