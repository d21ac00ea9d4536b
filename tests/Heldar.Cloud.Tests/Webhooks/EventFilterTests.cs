using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Tests.Webhooks;

public sealed class EventFilterTests
{
    private static readonly Guid Camera = Guid.CreateVersion7();
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 20, 11, 0);

    private static readonly CloudEvent Crossed = CloudEvent.Create(EventTypes.Zone, "1", EventSource.OfCamera("main", "depot", Camera), Noon, new ZoneData
    {
        Camera = Camera,
        Zone = "z1",
        Name = "Gate",
        Event = ZoneEvent.CrossAb,
        Timestamp = Noon,
        TrackId = "17",
        Label = "person",
        Confidence = 0.9,
        Severity = Severity.Warning,
    });

    private static readonly CloudEvent Seen = CloudEvent.Create(
        EventTypes.Detection, "2", EventSource.OfCamera("main", "depot", Camera), Noon,
        new DetectionData { Camera = Camera, TaskType = "object_detection", Timestamp = Noon, Detections = [new("car", 0.9), new("person", 0.4)] });

    public static TheoryData<EventFilter, bool, bool> Filters => new()
    {
        { new(), true, true },
        { new() { Types = [EventTypes.Zone] }, true, false },
        { new() { Types = [EventTypes.Zone, EventTypes.Detection] }, true, true },
        { new() { Sites = ["depot"] }, true, true },
        { new() { Sites = ["other"] }, false, false },
        { new() { Cameras = [Camera] }, true, true },
        { new() { Cameras = [Guid.CreateVersion7()] }, false, false },
        { new() { Labels = ["person"] }, true, true },
        { new() { Labels = ["car"] }, false, true },
        { new() { Zones = ["z1"] }, true, false },
        { new() { Zones = ["z2"] }, false, false },
        { new() { MinSeverity = Severity.Warning }, true, false },
        { new() { MinSeverity = Severity.Critical }, false, false },
        { new() { Labels = ["person"], Zones = ["z1"], MinSeverity = Severity.Warning, Sites = ["depot"] }, true, false },
        { new() { Labels = ["car"], Zones = ["z1"] }, false, false },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void Filter_PassesWhatMeetsAllOfIt(EventFilter filter, bool crossed, bool seen)
    {
        Assert.Null(filter.Mistake());
        Assert.Equal((crossed, seen), (filter.Passes(EventFacts.Of(Crossed, _ => Berlin)), filter.Passes(EventFacts.Of(Seen, _ => Berlin))));
    }

    // 2026-11-20 is a Friday; Berlin is at +1 then, and at +2 in summer.
    [Theory]
    [InlineData("2026-11-20T07:59:00Z", 5, "09:00", "17:00", false)]
    [InlineData("2026-11-20T08:00:00Z", 5, "09:00", "17:00", true)]
    [InlineData("2026-11-20T15:59:59Z", 5, "09:00", "17:00", true)]
    [InlineData("2026-11-20T16:00:00Z", 5, "09:00", "17:00", false)]
    [InlineData("2026-07-17T07:00:00Z", 5, "09:00", "17:00", true)]
    [InlineData("2026-07-17T15:00:00Z", 5, "09:00", "17:00", false)]
    [InlineData("2026-11-20T21:30:00Z", 5, "22:00", "06:00", true)]
    [InlineData("2026-11-21T04:30:00Z", 5, "22:00", "06:00", true)]
    [InlineData("2026-11-21T05:00:00Z", 5, "22:00", "06:00", false)]
    [InlineData("2026-11-20T04:30:00Z", 5, "22:00", "06:00", false)]
    [InlineData("2026-11-23T04:30:00Z", 7, "22:00", "06:00", true)]
    [InlineData("2026-11-20T12:00:00Z", 5, "00:00", "00:00", true)]
    [InlineData("2026-11-21T12:00:00Z", 5, "00:00", "00:00", false)]
    public void Schedule_IsInTheSitesTimeZone(string time, int day, string from, string to, bool inside)
    {
        var schedule = new WeekSchedule { Windows = [new([day], from, to)] };

        Assert.Null(schedule.Mistake());
        Assert.Equal(inside, schedule.Contains(Contracts.InstantText.Parse(time), Berlin));
    }

    public static TheoryData<EventFilter> BadFilters =>
    [
        new EventFilter { Types = [] },
        new EventFilter { Types = ["heldar.nothing.v1"] },
        new EventFilter { Sites = ["Not A Slug"] },
        new EventFilter { Labels = ["a\0b"] },
        new EventFilter { Zones = [null!] },
        new EventFilter { Cameras = [.. Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7())] },
        new EventFilter { Schedule = new() { Windows = [] } },
        new EventFilter { Schedule = new() { Windows = [new([8], "09:00", "17:00")] } },
        new EventFilter { Schedule = new() { Windows = [new([1], "9 o'clock", "17:00")] } },
    ];

    [Theory]
    [MemberData(nameof(BadFilters))]
    public void Filter_SaysWhatIsWrong(EventFilter filter) => Assert.NotNull(filter.Mistake());
}
