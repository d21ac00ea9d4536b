using Heldar.Edge.Access;
using Heldar.Edge.Retention;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>Invariant 4 against random sequences of sweeps, clock jumps, full disks, restarts and lost databases; the judge is the disk.</summary>
public sealed class HeldForEverTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task NothingThatIsHeld_IsEverDeleted(int seed)
    {
#pragma warning disable CA5394 // Repeatable on purpose.
        var random = new Random(seed);
        await using var box = new RetentionFixture();
        Guid[] cameras = [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()];
        List<(Guid Id, int Camera, Instant Start, Instant End)> made = [];
        List<(Guid Id, int Camera, Instant From, Instant To)> holds = [];
        box.DiskBytes = 60_000;
        var deleted = 0L;
        for (var step = 0; step < 60; step++)
        {
            box.Policy = new RetentionPolicy(
                random.Next(2) == 0 ? Duration.FromMinutes(random.Next(1, 300)) : null, random.Next(3) == 0 ? random.Next(1, 20_000) : null,
                random.Next(3) == 0 ? random.Next(1, 40_000) : null, random.Next(3) == 0 ? random.Next(1, 90_000) : 0);
            switch (random.Next(10))
            {
                case 0:
                    box.Clock.Advance(Duration.FromMinutes(random.Next(-100_000, 100_000)));
                    break;
                case 1:
                    box.ForeignBytes = random.Next(0, 60_000);
                    break;
                case 2:
                    var (of, from) = (random.Next(3), box.Clock.Now - Duration.FromMinutes(random.Next(0, 60)));
                    var to = from + Duration.FromMinutes(random.Next(1, 30));
                    holds.Add(((await box.HoldAsync(cameras[of], from, to)).Id, of, from, to));
                    break;
                case 3 when holds.Count > 2:
                    var ended = holds[random.Next(holds.Count)];
                    holds.Remove(ended);
                    await box.Holds.ReleaseAsync(ended.Id, BoxRole.Admin, "test", CancellationToken.None);
                    break;
                case 4 when random.Next(3) == 0:
                    await box.RestartAsync(loseDatabase: random.Next(2) == 0);
                    break;
                default:
                    for (var i = 0; i < 4; i++)
                    {
                        var camera = random.Next(3);
                        var put = await box.PutAsync(cameras[camera], $"cam{camera}", box.Clock.Now);
                        made.Add((put.Segment, camera, put.Start, put.End));
                        box.Pass(Duration.FromMinutes(1));
                    }

                    break;
            }

            if (random.Next(3) == 0) box.Retainer.VouchForClock();
            var before = box.OnDisk();
            var protectedNow = made.Where(m => before.Contains(m.Id) && holds.Any(h => h.Camera == m.Camera && h.From < m.End && h.To > m.Start)).Select(m => m.Id).ToHashSet();
            if (random.Next(4) == 0) await box.Retainer.GuardAsync(CancellationToken.None);
            else await box.Retainer.SweepAsync(CancellationToken.None);
            var after = box.OnDisk();
            deleted += before.Count - after.Count;
            Assert.Empty(protectedNow.Except(after));
            Assert.Equal(after, await box.IndexedAsync(cameras));
        }
#pragma warning restore CA5394

        Assert.True(deleted > 20, $"only {deleted} segments were deleted: the rules did nothing");
        Assert.NotEmpty(holds);
        Assert.True(made.Count > 60);
    }

    [Theory]
    [InlineData("DELETE FROM segment")]
    [InlineData("DELETE FROM segment WHERE held = 1")]
    [InlineData("UPDATE segment SET held = 0; DELETE FROM segment WHERE held = 0")]
    [InlineData("UPDATE hold SET to_ns = from_ns + 1")]
    [InlineData("DELETE FROM hold; DELETE FROM segment")]
    public async Task TheDatabase_KeepsHeldRows_WhateverStatementAsks(string sql)
    {
        await using var box = new RetentionFixture();
        var camera = Guid.CreateVersion7();
        var put = await box.PutAsync(camera, "gate", box.Clock.Now - Duration.FromDays(1));
        await box.HoldAsync(camera, put.Start, put.End);

        await Record.ExceptionAsync(() => box.Box.Store.EnqueueAsync(db => Dapper.SqlMapper.Execute(db, sql)));

        Assert.Equal([put.Segment], await box.IndexedAsync(camera));
    }
}
