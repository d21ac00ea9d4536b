using System.Collections.Immutable;
using NodaTime;

namespace Heldar.Edge.Schedules;

/// <summary>A camera records during a window on some days of each week.</summary>
internal sealed record Schedule(Guid Id, Guid Camera, string? Name, Weekdays Days, DailyWindow Window, bool Enabled);

/// <summary>Dates that have windows of their own instead of the week's: holidays, events.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Camera">The camera; null for all.</param>
/// <param name="Name">What people call it.</param>
/// <param name="From">First date.</param>
/// <param name="To">Last date, included.</param>
/// <param name="Windows">Windows that begin on these dates; empty for no recording.</param>
internal sealed record ScheduleException(Guid Id, Guid? Camera, string? Name, LocalDate From, LocalDate To, ImmutableArray<DailyWindow> Windows)
{
    /// <summary>Longest stretch of dates.</summary>
    public const int MaxDays = 3660;
}
