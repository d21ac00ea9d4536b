using System.Security.Cryptography;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Index;
using Heldar.Contracts.Events;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>Batches whose body was too large for a message and lies in a blob of the box's own container, with the real program, queues, blobs and database.</summary>
public sealed class StagedBodyTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task StagedBatch_IsAppliedOnce_AndItsBodyDeleted(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var start = Now - Duration.FromHours(3);
        var segments = Enumerable.Range(0, 300).Select(i => TestBox.Segment(scene.Camera, start + (Half * i), Half)).ToList();
        var message = scene.Box.Seal([.. segments.Select(scene.Box.Event)]);
        var body = BatchBody.Bytes(message.Body!);
        Assert.True(body.Length > Envelope.MaxBytes, "a body that fits into a message would prove nothing");
        var staged = await StageAsync(scene, message, body);

        await using var front = await RunningFront.StartAsync(kind, scene.Cloud);
        await scene.Cloud.SendAsync(staged);
        await Cloud.UntilAsync("its body is deleted", async () => !await IsThereAsync(scene, staged));
        // The queue's copy was not deleted, or the box sends it again: it finds no body, and is no letter.
        await scene.Cloud.SendAsync(staged);
        await scene.Cloud.DrainedAsync();

        var page = await scene.Cloud.Search.PageAsync(new RecordingQuery("main", start - Half, Now), null, 1000, Token);
        Assert.Equal(segments.Select(s => s.Start), page.Items.Select(i => i.Start));
        Assert.Equal(1, Assert.Single(await Watermarks.ReadAsync(scene.Cloud.Database, "main", scene.Box.Id, Token)).Through);
        Assert.Empty(await scene.Cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task StagedBodies_ThatAreWrong_AreDeadLetters_AndStayForWhoLooks(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        using var other = new TestBox();
        await other.RegisterAsync(scene.Cloud.Database);
        var changed = await StageAsync(scene, Message(), "{\"events\":[]}"u8.ToArray());
        var tenMegabytes = new byte[10_000_000];
        Array.Fill(tenMegabytes, (byte)' ');
        var huge = await StageAsync(scene, Message() with { BodySha256 = Sha256(tenMegabytes) }, tenMegabytes);
        var theirs = await StageAsync(scene, Message(), null, other.Id);
        var gone = Message() with { Body = null, BodyUrl = $"{StagedBodies.ContainerOf(scene.Box.Id)}/{new string('a', 64)}", BodySha256 = new string('a', 64) };
        var unsigned = await StageAsync(scene, Message() with { Sig = Convert.ToBase64String(new byte[64]) }, null);

        await using var front = await RunningFront.StartAsync(kind, scene.Cloud);
        foreach (var message in new[] { changed, huge, theirs, gone, unsigned }) await scene.Cloud.SendAsync(message);
        await scene.Cloud.DrainedAsync();

        Assert.Equal(
            [DeadLetterReasons.BadSignature, DeadLetterReasons.BadStagedBody, DeadLetterReasons.BadStagedBody, DeadLetterReasons.BadStagedBody, DeadLetterReasons.TooLarge],
            await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(0, await scene.Cloud.ScalarAsync<long>("select count(*) from segment_landing"));
        Assert.Empty(await Watermarks.ReadAsync(scene.Cloud.Database, "main", scene.Box.Id, Token));
        foreach (var kept in new[] { changed, huge, theirs, unsigned }) Assert.True(await IsThereAsync(scene, kept));

        Envelope Message() => scene.Box.Seal([scene.Box.Event(TestBox.Segment(scene.Camera, Now - Half, Half))]);
    }

    [Fact]
    public async Task LargeEvent_ThatIsRefused_IsKeptWhole()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var reason = new string('x', 3_000_000);
        var bad = scene.Box.Event(TestBox.Segment(scene.Camera, Now, Half) with { Reason = reason });
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);
        var staged = await StageAsync(scene, scene.Box.Seal([bad, scene.Box.Event(good)]), null);

        await using var front = await RunningFront.WorkerAsync(scene.Cloud);
        await scene.Cloud.SendAsync(staged);
        await scene.Cloud.DrainedAsync();

        Assert.Equal([DeadLetterReasons.BadData], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(reason, await scene.Cloud.ScalarAsync<string>("select convert_from(body, 'UTF8')::jsonb #>> '{data,reason}' from dead_letter"));
        Assert.Equal(good.Segment, await scene.Cloud.ScalarAsync<Guid>("select segment from segment_landing"));
    }

    /// <summary>Puts a body into a staging container, the message's own unless another is given, and returns the message that names it.</summary>
    private static async Task<Envelope> StageAsync(Scene scene, Envelope message, byte[]? content, Guid? owner = null)
    {
        var body = BatchBody.Bytes(message.Body!);
        var (container, name) = (StagedBodies.ContainerOf(owner ?? scene.Box.Id), message.BodySha256 ?? Sha256(body));
        using var probe = new StorageProbe(scene.Cloud.Storage);
        await probe.PutBlobAsync(container, name, content ?? body);
        return message with { Body = null, BodyUrl = $"{container}/{name}", BodySha256 = name };
    }

    private static async Task<bool> IsThereAsync(Scene scene, Envelope staged)
    {
        var path = staged.BodyUrl!.Split('/');
        using var probe = new StorageProbe(scene.Cloud.Storage);
        return await probe.HasBlobAsync(path[0], path[1]);
    }

    private static string Sha256(byte[] body) => Convert.ToHexStringLower(SHA256.HashData(body));
}
