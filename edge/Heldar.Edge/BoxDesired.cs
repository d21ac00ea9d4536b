using Heldar.Contracts;
using Heldar.Edge.Cameras;
using Heldar.Edge.Desired;
using Heldar.Edge.Jobs;
using Heldar.Edge.Schedules;

namespace Heldar.Edge;

/// <summary>The tables that say what people want of the box, in the order in which they come back.</summary>
internal static class BoxDesired
{
    public static IReadOnlyList<DesiredTable> Tables { get; } =
    [
        new("camera", "cameras", db =>
        {
            // A slug becomes the name of a folder.
            if (CameraStore.All(db).Any(c => !Names.IsSlug(c.Config.Slug))) throw new InvalidDataException("a camera's slug is none");
        }),
        new("camera_schedule", "schedules", db => ScheduleRows.Schedules(db)),
        new("schedule_exception", "exceptions", db => ScheduleRows.Exceptions(db)),
        new("recording_series", "series of jobs", db => JobRows.Series(db)),
        new("recording_job", "jobs", db => JobRows.Live(db)) { Where = "state < 4" },
        // Its values are checked when they are put in force.
        new("runtime_setting", "groups of settings", _ => { }),
    ];
}
