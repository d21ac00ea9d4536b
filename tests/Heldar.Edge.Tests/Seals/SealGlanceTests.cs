using System.Text;
using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Tests.Seals;

/// <summary>What is seen at a glance is what parsing would have told, and whatever else is there is left to parsing.</summary>
public sealed class SealGlanceTests
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Instant At = Instant.FromUtc(2026, 11, 21, 4, 37);

    [Fact]
    public void Segments_AreSeen_AsTheyWereWritten()
    {
        var lines = Written(
            new SealRecord { Type = SealType.Opened, Path = "gate/a.mp4", Opened = new OpenedSeal(Guid.CreateVersion7(), Camera, "gate", Guid.CreateVersion7(), At, "avc1", 640, 360, 800, new string('a', 64)) },
            new SealRecord { Type = SealType.Closed, Path = "gate/b.mp4", Data = Data() },
            new SealRecord { Type = SealType.Salvaged, Path = "gate/c.mp4", Data = Data(), Cause = "killed" });

        Assert.Equal(["opened gate/a.mp4 gate", "closed gate/b.mp4 ", "salvaged gate/c.mp4 "], lines.Select(Seen));
    }

    [Fact]
    public void OtherLines_HaveTheirTypeOnly()
    {
        var lines = Written(
            new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(Camera, At) },
            new SealRecord { Type = SealType.Deletion, Deleted = new FootageDeletedData { Camera = Camera, From = At, To = At, Reason = "age", Count = 1, Bytes = 1 }, Segments = [Camera] },
            new SealRecord { Type = SealType.Noted, Cause = "\"type\":\"closed\"" });

        Assert.Equal(["wanted  ", "deletion  ", "noted  "], lines.Select(Seen));
    }

    [Fact]
    public void WhatIsNotWrittenLikeThat_IsLeftToParsing()
    {
        var closed = Written(new SealRecord { Type = SealType.Closed, Path = "gate/b.mp4", Data = Data() })[0];
        Assert.NotNull(Seen(closed));
        foreach (var other in (string[])[
            "", "{}", "\0\0\0", closed[1..], closed[..^2], closed.Replace("\"seq\":1,", "\"seq\":0,", StringComparison.Ordinal), closed.Replace("gate/b", "gate/\\u0062", StringComparison.Ordinal),
            closed.Replace("\"camera\":\"0190c0de", "\"camera\":\"zzzzzzzz", StringComparison.Ordinal), closed.Replace("\"path\":", "\"Path\":", StringComparison.Ordinal), closed.Replace("\"type\"", " \"type\"", StringComparison.Ordinal)])
            Assert.Null(Seen(other));
    }

    private static string? Seen(string line) => SealGlance.TryRead(Encoding.UTF8.GetBytes(line), out var seen)
        && (seen.Path.Length == 0 || seen.Camera == Camera) ? $"{Encoding.UTF8.GetString(seen.Type)} {Encoding.UTF8.GetString(seen.Path)} {Encoding.UTF8.GetString(seen.Slug)}" : null;

    private static string[] Written(params SealRecord[] records)
    {
        using var folder = new TemporaryFolder();
        using (var log = SealLog.Open(folder.Path, new ManualClock()))
            foreach (var record in records) log.Append(record);
        return File.ReadAllLines(SealFiles.PathOf(folder.Path, SealFiles.Hours(folder.Path).Single()));
    }

    private static SegmentData Data() => new()
    {
        Segment = Guid.CreateVersion7(),
        Camera = Camera,
        Revision = 1,
        Run = Guid.CreateVersion7(),
        Start = At,
        End = At + Duration.FromSeconds(30),
        Bytes = 1000,
        Codec = "avc1.64000d",
        Frames = 750,
        Sha256 = new string('a', 64),
        Root = new string('b', 64),
        Reason = "closed",
    };
}
