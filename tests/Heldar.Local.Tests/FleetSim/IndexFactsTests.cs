using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.Days;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Holds;
using Heldar.Cloud.Index;
using Heldar.Cloud.Migrations;
using Heldar.Cloud.Registry;
using Heldar.Cloud.Snapshots;
using Heldar.Cloud.States;
using Heldar.Cloud.Zones;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using Heldar.Testing;
using Npgsql;

namespace Heldar.Local.Tests.FleetSim;

/// <summary>The judge's own SQL against a real PostgreSQL that the product's stores have written.</summary>
public sealed class IndexFactsTests(PostgresFixture postgres)
{
    private static readonly BoxRecord Box = new("main", SimScript.Box, "simulated");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoredEvents_ReadBackAsTheyWereSent_AndInjectedFaultsAreFound()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync(Cancellation));
        SimLedger ledger = SimScript.Ledger(400, out _);
        await StoreAsync(database, ledger);
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(Cancellation);

        IndexVerdict verdict = IndexJudge.Judge(ledger, await IndexFacts.ReadAsync(connection, null, ledger, Cancellation));

        Assert.Empty(verdict.Problems);
        Assert.Equal(402, verdict.EventsSent);
        Assert.NotEmpty(verdict.AppliedMs);
        Assert.Equal(["loss", "duplicate", "sum", "mismatch"], await IndexJudgeProof.RunAsync(connection, null, ledger, Cancellation));
        Assert.True(IndexJudge.Judge(ledger, await IndexFacts.ReadAsync(connection, null, ledger, Cancellation)).Ok);
    }

    private static async Task StoreAsync(NpgsqlDataSource database, SimLedger ledger)
    {
        await Migrator.MigrateAsync(database, Cancellation);
        await IndexPartitions.EnsureAsync(database, SimScript.Start, Cancellation);
        var days = new DayPartitions(database);
        await days.EnsureAheadAsync(SimScript.Start, Cancellation);
        await using (NpgsqlCommand box = database.CreateCommand(
            "insert into site (tenant, site, name, time_zone) values ('main', 'simulated', 'S', 'UTC'); insert into box (tenant, box, site, name, version, shard) values ('main', '" + Box.Box + "', 'simulated', 'b', '1', '0')"))
            await box.ExecuteNonQueryAsync(Cancellation);
        foreach (SimLine line in ledger.Sent)
        {
            await using NpgsqlBatch batch = database.CreateBatch();
            await AppendAsync(batch, days, line);
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "insert into box_batch (tenant, box, class, epoch, received) values ('main', '" + Box.Box + "', $1, $2, int8multirange(int8range($3, $3 + 1))) on conflict (tenant, box, class, epoch) do update set received = box_batch.received + excluded.received")
            {
                Parameters = { new() { Value = (short)line.Class!.Value }, new() { Value = line.Epoch! }, new() { Value = line.Batch!.Value } },
            });
            await batch.ExecuteNonQueryAsync(Cancellation);
        }
    }

    private static async Task AppendAsync(NpgsqlBatch batch, DayPartitions days, SimLine line)
    {
        switch (line.Type)
        {
            case EventTypes.BoxDescribed: BoxRegistry.Append(batch, Box, Data<BoxDescribedData>(line)); break;
            case EventTypes.BoxStatus: StateStore.Append(batch, Box, line.Time!.Value, Data<BoxStatusData>(line)); break;
            case EventTypes.CameraState: StateStore.Append(batch, Box, Data<CameraStateData>(line)); break;
            case EventTypes.Gap: GapStore.Append(batch, Box, Data<GapData>(line)); break;
            case EventTypes.HoldApplied: HoldStore.Append(batch, Box, line.Time!.Value, Data<HoldAppliedData>(line)); break;
            case EventTypes.HoldReleased: HoldStore.Append(batch, Box, Data<HoldReleasedData>(line)); break;
            case EventTypes.FootageDeleted: Tombstones.Append(batch, "main", line.Event!, line.Time!.Value, Data<FootageDeletedData>(line)); break;
            case EventTypes.SegmentClosed or EventTypes.SegmentRevised:
                SegmentData segment = Data<SegmentData>(line);
                Assert.Null(LandingRow.Check(segment, SimScript.Start, out byte[] sha256, out byte[] root));
                SegmentLanding.Append(batch, "main", Box.Box, SimScript.Start.InUtc().Date, [new LandingRow(Box.Box, segment, sha256, root)]);
                break;
            case EventTypes.Detection:
                await days.EnsureAsync(DayTable.Detection, [DayTable.DayOf(Data<DetectionData>(line).Timestamp)], Cancellation);
                DetectionStore.Append(batch, Box, [new DetectionRow(line.Event!, Data<DetectionData>(line))]);
                break;
            case EventTypes.Zone:
                await days.EnsureAsync(DayTable.ZoneEvent, [DayTable.DayOf(Data<ZoneData>(line).Timestamp)], Cancellation);
                ZoneStore.Append(batch, Box, [new ZoneRow(line.Event!, Data<ZoneData>(line))]);
                break;
            case EventTypes.SnapshotTaken:
                await days.EnsureAsync(DayTable.Snapshot, [DayTable.DayOf(Data<SnapshotTakenData>(line).TakenAt)], Cancellation);
                SnapshotStore.Append(batch, Box, [Data<SnapshotTakenData>(line)]);
                break;
            default: throw new InvalidDataException(line.Type);
        }
    }

    private static T Data<T>(SimLine line) => JsonSerializer.Deserialize<T>(line.Data!, HeldarJson.Options)!;
}
