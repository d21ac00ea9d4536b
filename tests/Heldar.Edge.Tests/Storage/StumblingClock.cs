using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>A clock whose first answer is another one: with a file in the way of that hour, the first record of a seal log fails and the next ones do not, as on a disk that is almost full.</summary>
internal sealed class StumblingClock(IClock inner, Instant first) : IClock
{
    private int _asked;

    public Instant GetCurrentInstant() => Interlocked.Increment(ref _asked) == 1 ? first : inner.GetCurrentInstant();
}
