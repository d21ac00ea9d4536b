using Heldar.Edge.Schedules;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>Where a job stands. The first four are under way, the rest are final.</summary>
internal enum JobState
{
    /// <summary>Its time has not come.</summary>
    Pending = 0,

    /// <summary>Recording is wanted; nothing is on disk yet.</summary>
    Starting = 1,

    /// <summary>Footage of it reaches the disk.</summary>
    Recording = 2,

    /// <summary>Its time is over; the last footage is on its way to the disk.</summary>
    Stopping = 3,

    /// <summary>Its time is over, and there is footage of it: all but a second, or the detail says how much.</summary>
    Completed = 4,

    /// <summary>Its time is over, and there is no footage of it.</summary>
    Failed = 5,

    /// <summary>Somebody did not want it any more.</summary>
    Cancelled = 6,

    /// <summary>Its time passed while the box was not running, or was jumped over by the clock.</summary>
    Missed = 7,
}

/// <summary>A camera is to be recorded during [From, To).</summary>
/// <param name="Id">Its id.</param>
/// <param name="Camera">The camera.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Series">The series that it is an occurrence of.</param>
/// <param name="From">Begin.</param>
/// <param name="To">End.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Since">Since when.</param>
/// <param name="Detail">Why, for people.</param>
internal sealed record RecordingJob(Guid Id, Guid Camera, string? Name, Guid? Series, Instant From, Instant To, JobState State, Instant Since, string? Detail)
{
    /// <summary>Longest job.</summary>
    public static readonly Duration Longest = Duration.FromDays(31);

    public bool IsFinal => State >= JobState.Completed;
}

/// <summary>A job on some days of each week.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Camera">The camera.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Days">Days that occurrences begin on.</param>
/// <param name="Window">Their time of the day, by the site's wall clock.</param>
/// <param name="First">First date; null for at once.</param>
/// <param name="Last">Last date, included; null for ever.</param>
/// <param name="Planned">Occurrences that begin before this are made.</param>
internal sealed record JobSeries(Guid Id, Guid Camera, string? Name, Weekdays Days, DailyWindow Window, LocalDate? First, LocalDate? Last, Instant Planned);
