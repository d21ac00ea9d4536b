using System.Text.Json;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Contracts.Tests.Events;

/// <summary>Each rule of the data records, shown by one change of a sound event that breaks it.</summary>
public sealed class EventRuleTests
{
    [Fact]
    public void GoldenData_IsSound()
    {
        Assert.Null(Golden<GapData>(EventTypes.Gap).Mistake());
        Assert.Null(Golden<DetectionData>(EventTypes.Detection).Mistake());
        Assert.Null(Golden<ZoneData>(EventTypes.Zone).Mistake());
        Assert.Null(Golden<SnapshotTakenData>(EventTypes.SnapshotTaken).Mistake());
        Assert.Null(Golden<HoldAppliedData>(EventTypes.HoldApplied).Mistake());
        Assert.Null(Golden<HoldReleasedData>(EventTypes.HoldReleased).Mistake());
    }

    [Theory]
    [InlineData("camera_unreachable")]
    [InlineData("auth_failed")]
    [InlineData("network")]
    [InlineData("stalled")]
    [InlineData("disk_full")]
    [InlineData("disk_full_held")]
    [InlineData("disk_error")]
    [InlineData("process_down")]
    [InlineData("operator")]
    [InlineData("clock_step")]
    public void GapCause_IsReadAndWrittenAsItsWord(string word)
    {
        var cause = JsonSerializer.Deserialize<GapCause>($"\"{word}\"", HeldarJson.Options);

        Assert.Equal($"\"{word}\"", JsonSerializer.Serialize(cause, HeldarJson.Options));
    }

    [Fact]
    public void GapCauses_AreTen() => Assert.Equal(10, Enum.GetValues<GapCause>().Length);

    [Theory]
    [InlineData("\"cause\":\"camera_unreachable\"", "\"cause\":\"cameraUnreachable\"")]
    [InlineData("\"cause\":\"camera_unreachable\"", "\"cause\":0")]
    [InlineData("\"cause\":\"camera_unreachable\",", "")]
    [InlineData("\"revision\":2,", "")]
    public void Gap_IsNotRead_WhenItIsNotOne(string from, string to) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.Gap).Replace(from, to, StringComparison.Ordinal), HeldarJson.Options)!.DataAs<GapData>());

    [Fact]
    public void Gap_MayLast_AndMayBeRefilledWhole()
    {
        var gap = Golden<GapData>(EventTypes.Gap);

        Assert.Null((gap with { End = null }).Mistake());
        Assert.Null((gap with { End = gap.Start }).Mistake());
    }

    [Fact]
    public void Gap_RefusesWhatMakesNoSense()
    {
        var gap = Golden<GapData>(EventTypes.Gap);

        Assert.All(
            [gap with { Gap = Guid.Empty }, gap with { Revision = 0 }, gap with { End = gap.Start - Duration.Epsilon }, gap with { Start = Instant.MinValue }, gap with { End = Instant.MaxValue }, gap with { Detail = "" }, gap with { Detail = "a\0b" }, gap with { Detail = new string('x', 501) }],
            wrong => Assert.NotNull(wrong.Mistake()));
    }

    [Fact]
    public void Detection_RefusesWhatMakesNoSense()
    {
        var frame = Golden<DetectionData>(EventTypes.Detection);
        var one = frame.Detections[0];
        Detection[] wrong =
        [
            null!, one with { Label = "" }, one with { Label = "a\u001b[2J" }, one with { Confidence = 1.01 }, one with { Confidence = -0.1 }, one with { Confidence = double.NaN }, one with { TrackId = "" },
            one with { Bbox = [0, 0, 1] }, one with { Bbox = [0, 0, 0, 1] }, one with { Bbox = [0.5, 0, 0.6, 1] }, one with { Bbox = [-0.1, 0, 1, 1] }, one with { Bbox = [0, 0, 1, 1, 0] }, one with { Bbox = [0, double.NaN, 1, 1] },
            one with { Attributes = Json("[]") }, one with { Attributes = Json("{\"a\":\"\\u0000\"}") }, one with { Attributes = Json($"{{\"a\":\"{new string('x', Detection.MaxAttributes)}\"}}") },
        ];

        Assert.All(wrong, d => Assert.NotNull((frame with { Detections = [one, d] }).Mistake()));
        Assert.NotNull((frame with { Detections = [] }).Mistake());
        Assert.NotNull((frame with { Detections = [.. Enumerable.Repeat(one, DetectionData.MaxDetections + 1)] }).Mistake());
        Assert.NotNull((frame with { TaskType = "" }).Mistake());
        Assert.NotNull((frame with { FrameId = new string('x', 129) }).Mistake());
        Assert.NotNull((frame with { Timestamp = Instant.MinValue }).Mistake());
    }

    [Fact]
    public void Zone_RefusesWhatMakesNoSense()
    {
        var zone = Golden<ZoneData>(EventTypes.Zone);

        Assert.Null((zone with { Event = ZoneEvent.Dwell, DwellMs = 5000 }).Mistake());
        Assert.All(
            [zone with { Zone = "" }, zone with { Name = new string('x', 129) }, zone with { TrackId = "" }, zone with { Label = "\ud800" }, zone with { Confidence = 2 }, zone with { DwellMs = 5000 }, zone with { Event = ZoneEvent.Exit, DwellMs = -1 }, zone with { Timestamp = Instant.MaxValue }],
            wrong => Assert.NotNull(wrong.Mistake()));
    }

    [Fact]
    public void Snapshot_RefusesWhatMakesNoSense()
    {
        var still = Golden<SnapshotTakenData>(EventTypes.SnapshotTaken);

        Assert.All(
            [still with { Snapshot = Guid.NewGuid() }, still with { Bytes = 0 }, still with { Bytes = SnapshotTakenData.MaxBytes + 1 }, still with { Width = 0 }, still with { Height = 65_536 }, still with { Sha256 = new string('C', 64) }, still with { TakenAt = Instant.MinValue }],
            wrong => Assert.NotNull(wrong.Mistake()));
    }

    [Fact]
    public void Hold_RefusesWhatMakesNoSense()
    {
        var hold = Golden<HoldAppliedData>(EventTypes.HoldApplied);

        Assert.Null((hold with { Expires = null, Case = null }).Mistake());
        Assert.All(
            [hold with { Hold = Guid.Empty }, hold with { To = hold.From }, hold with { Reason = "" }, hold with { Owner = "\u0007" }, hold with { Case = "" }, hold with { Expires = Instant.MaxValue }, hold with { From = Instant.MinValue }],
            wrong => Assert.NotNull(wrong.Mistake()));
    }

    [Fact]
    public void HoldEnd_RefusesWhatMakesNoSense()
    {
        var end = Golden<HoldReleasedData>(EventTypes.HoldReleased);

        Assert.Null((end with { Reason = HoldEnd.Expired, ReleasedBy = "expiry" }).Mistake());
        Assert.All(
            [end with { HoldId = Guid.Empty }, end with { ReleasedAt = Instant.MaxValue }, end with { ReleasedBy = "" }, end with { ReleasedBy = new string('x', 129) }, end with { Reason = (HoldEnd)2 }],
            wrong => Assert.NotNull(wrong.Mistake()));
    }

    [Theory]
    [InlineData("\"reason\":\"released\"", "\"reason\":\"deleted\"")]
    [InlineData("\"reason\":\"released\"", "\"reason\":0")]
    [InlineData("\"holdId\":", "\"hold\":")]
    [InlineData("\"releasedBy\":\"user:anna\",", "")]
    public void HoldEnd_IsNotRead_WhenItIsNotOne(string from, string to) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(EventTypes.HoldReleased).Replace(from, to, StringComparison.Ordinal), HeldarJson.Options)!.DataAs<HoldReleasedData>());

    [Theory]
    [InlineData("plain", true)]
    [InlineData("two\nlines\tand a tab", true)]
    [InlineData("emoji \ud83d\ude00", true)]
    [InlineData("", false)]
    [InlineData("nul \0", false)]
    [InlineData("bell \a", false)]
    [InlineData("c1 \u0085", false)]
    [InlineData("much longer than allowed", false)]
    public void Text_IsWhatEveryStoreCanHold(string text, bool sound) => Assert.Equal(sound, EventRules.IsText(text, 20));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("nul \0 and \u001b[2J", "nul   and  [2J")]
    [InlineData("cut in the middle of \ud83d\ude00", "cut in the middle of \ufffd")]
    [InlineData("longer than twenty-two characters", "longer than twenty-two")]
    public void Clean_MakesATextThatFits(string text, string clean)
    {
        Assert.Equal(clean, EventRules.Clean(text, 22));
        Assert.True(EventRules.IsTextOrEmpty(clean, 22));
    }

    [Fact]
    public void Text_IsWellFormed()
    {
        Assert.False(EventRules.IsText("half \ud83d", 20));
        Assert.False(EventRules.IsText("\ud83d half", 20));
        Assert.False(EventRules.IsText("turned \ude00\ud83d", 20));
    }

    private static T Golden<T>(string type) => JsonSerializer.Deserialize<CloudEvent>(GoldenFile.Read(type), HeldarJson.Options)!.DataAs<T>();

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
