using NodaTime;

namespace Heldar.Edge.Schedules;

/// <summary>A set of weekdays; bit 0 is Monday.</summary>
internal readonly record struct Weekdays(int Mask)
{
    /// <summary>The days as numbers, 0 for Monday to 6 for Sunday.</summary>
    public IReadOnlyList<int> Numbers
    {
        get
        {
            var mask = Mask;
            return [.. Enumerable.Range(0, 7).Where(d => (mask >> d & 1) == 1)];
        }
    }

    public bool Has(IsoDayOfWeek day) => (Mask >> ((int)day - 1) & 1) == 1;

    /// <summary>Reads a list of numbers; false when it is empty or one of them is no day.</summary>
    public static bool TryParse(IReadOnlyList<int>? days, out Weekdays weekdays)
    {
        weekdays = default;
        if (days is null || days.Count is 0 or > 7 || days.Any(d => d is < 0 or > 6)) return false;
        weekdays = new Weekdays(days.Aggregate(0, (mask, day) => mask | 1 << day));
        return true;
    }
}
