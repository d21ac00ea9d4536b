using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Queues;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Fleet.DeadLetters;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.DeadLetters;

/// <summary>What a letter keeps, and what dropping a whole message does to its box: the batch is done, if the box's key proves that it is the box's.</summary>
public sealed class LetterBatchTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Base = Instant.FromUtc(2026, 11, 21, 4, 0);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LongLetter_IsKeptWhole_ListedBySize_AndTakenAsAFile()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        var body = JsonSerializer.SerializeToUtf8Bytes(
            CloudEvent.Create(EventTypes.SegmentClosed, "e", EventSource.OfBox(Names.DefaultTenant, "depot", Guid.Empty), Base, new { bytes = -1, codec = new string('x', 2_000_000) }), HeldarJson.Options);
        var letter = await FileAsync(fleet, Names.DefaultTenant, DeadLetterReasons.BadData, body, null, EventTypes.SegmentClosed);

        var item = Assert.Single((await (await fleet.GetAsync(cookie, "/api/v1/dead-letters")).ReadAsync<LettersPage>()).Items);
        Assert.Equal((letter, body.Length), (item.Letter, item.Bytes));
        var view = await (await fleet.GetAsync(cookie, $"/api/v1/dead-letters/{letter:D}")).ReadAsync<LetterView>();
        Assert.Equal(("text", Sha256(body)), (view.Form, view.Sha256));
        Assert.InRange(view.Original.Length, LetterText.MaxShown, LetterText.MaxShown + 10);
        Assert.Equal(body, await (await fleet.GetAsync(cookie, $"/api/v1/dead-letters/{letter:D}/body")).Content.ReadAsByteArrayAsync(Token));
        await fleet.Get<QueueStore>().CreateAsync("mended-0", Token);
        var text = Encoding.UTF8.GetString(body).Replace(new string('x', 2_000_000), new string('y', 200_000), StringComparison.Ordinal);
        Assert.True((await fleet.SendAsync(cookie, HttpMethod.Put, $"/api/v1/dead-letters/{letter:D}/mend", new MendRequest(text))).IsSuccessStatusCode);
        var answer = await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters/redrive", new LettersRequest([letter]))).ReadAsync<LettersAnswer>();
        Assert.Equal([letter], answer.Done);
    }

    [Fact]
    public async Task DroppedMessage_OfAProvenBox_CountsAsDone_AndItsStagedBodyGoes()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await BoxAsync(fleet);
        List<Envelope> sent = [.. Enumerable.Range(0, 4).Select(_ => Seal(box))];
        var stagedBody = BatchBody.Bytes(sent[3].Body!);
        using var probe = new StorageProbe(azurite.ConnectionString);
        var container = StagedBodies.ContainerOf(box.Id);
        await probe.PutBlobAsync(container, Sha256(stagedBody), stagedBody);
        var letters = new[]
        {
            await FileAsync(fleet, box.Tenant, DeadLetterReasons.BadBody, sent[0].ToBytes(), box.Id),
            // Its header was changed on the way: the number under the signature counts.
            await FileAsync(fleet, box.Tenant, DeadLetterReasons.HeaderDiffers, (sent[1] with { BatchSeq = 77 }).ToBytes(), box.Id),
            // A handler crashed on it before anything was proven; its signature is good.
            await FileAsync(fleet, DeadLetter.NoTenant, DeadLetterReasons.TooOften, (sent[2] with { Attempt = 3 }).ToBytes(), box.Id),
            await FileAsync(fleet, box.Tenant, DeadLetterReasons.BadBody, (sent[3] with { Body = null, BodyUrl = $"{container}/{Sha256(stagedBody)}", BodySha256 = Sha256(stagedBody) }).ToBytes(), box.Id),
        };

        var answer = await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters/drop", new LettersRequest(letters))).ReadAsync<LettersAnswer>();

        Assert.Equal(letters, answer.Done);
        var mark = Assert.Single(await Watermarks.ReadAsync(fleet.Get<NpgsqlDataSource>(), box.Tenant, box.Id, Token));
        Assert.Equal((4L, 0), (mark.Through, mark.Holes.Count));
        Assert.False(await probe.HasBlobAsync(container, Sha256(stagedBody)));
        Assert.Equal("2", await fleet.ScalarAsync<string>("select detail::jsonb #>> '{batch,batchSeq}' from audit where action = 'letter_dropped' and subject = @subject", new { subject = letters[1].ToString("D") }));
    }

    [Fact]
    public async Task DroppedLetter_ThatProvesNothing_ReleasesNothing()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await BoxAsync(fleet);
        using var other = await BoxAsync(fleet);
        var sent = Seal(box);
        var letters = new[]
        {
            await FileAsync(fleet, DeadLetter.NoTenant, DeadLetterReasons.TooOften, (sent with { BatchSeq = 9 }).ToBytes(), box.Id),
            await FileAsync(fleet, DeadLetter.NoTenant, DeadLetterReasons.BadSignature, sent.ToBytes(), box.Id),
            await FileAsync(fleet, box.Tenant, DeadLetterReasons.BadBody, Seal(other).ToBytes(), box.Id),
            await FileAsync(fleet, box.Tenant, DeadLetterReasons.BadData, sent.ToBytes(), box.Id, EventTypes.SegmentClosed),
        };

        var answer = await (await fleet.SendAsync(cookie, HttpMethod.Post, "/api/v1/dead-letters/drop", new LettersRequest(letters))).ReadAsync<LettersAnswer>();

        Assert.Equal(letters, answer.Done);
        Assert.Equal(0, await fleet.ScalarAsync<long>("select count(*) from box_batch"));
    }

    private static async Task<TestBox> BoxAsync(FleetHost fleet)
    {
        var box = new TestBox();
        await box.RegisterAsync(fleet.Get<NpgsqlDataSource>());
        return box;
    }

    private static Envelope Seal(TestBox box) => box.Seal([box.Event(TestBox.Segment(Guid.CreateVersion7(), Base, Duration.FromSeconds(30)))]);

    private static async Task<Guid> FileAsync(FleetHost fleet, string tenant, string reason, byte[] body, Guid? box, string? type = null)
    {
        await using var batch = fleet.Get<NpgsqlDataSource>().CreateBatch();
        new DeadLetter(tenant, "segments-0", reason, "why", body) { Box = box, EventId = Sha256(body), EventType = type }.Append(batch);
        await batch.ExecuteNonQueryAsync(Token);
        return await fleet.ScalarAsync<Guid>("select letter from dead_letter where event_id = @id and reason = @reason", new { id = Sha256(body), reason });
    }

    private static string Sha256(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body));
}
