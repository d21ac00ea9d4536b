using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.ApplyMended;

/// <summary>A letter that a person sends again, with the real program in both fronts; and everybody else who tries the same way in.</summary>
public sealed class MendedTests(PostgresFixture postgres, AzuriteFixture azurite) : IDisposable
{
    private static readonly Instant Now = Scene.Now;
    private static readonly Duration Half = Scene.Half;

    private readonly ECDsa _cloud = BoxKeys.Create();

    public void Dispose() => _cloud.Dispose();

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task MendedEvent_IsApplied_AndItsLetterClosed(string kind)
    {
        await using var scene = await SceneAsync();
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);
        var letter = await BadLetterAsync(scene, kind, good);

        await using var front = await RunningFront.StartAsync(kind, scene.Cloud);
        await RedriveAsync(scene, letter, Text(scene, good));
        await Pipeline.Cloud.UntilAsync("it is applied", async () => await StatusAsync(scene, letter) == "applied");

        Assert.Equal(good.Segment, await scene.Cloud.ScalarAsync<Guid>("select segment from segment_landing"));
        Assert.Equal(1, Assert.Single(await Watermarks.ReadAsync(scene.Cloud.Database, "main", scene.Box.Id, TestContext.Current.CancellationToken)).Through);
        await scene.Cloud.DrainedAsync();
    }

    [Fact]
    public async Task MendedEvent_ThatIsStillWrong_IsOpenAgain_WithTheNewReason()
    {
        await using var scene = await SceneAsync();
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);
        var letter = await BadLetterAsync(scene, "worker", good);
        var foreign = EventSource.OfBox("main", "depot", Guid.CreateVersion7()).ToString();

        await using var front = await RunningFront.WorkerAsync(scene.Cloud);
        await RedriveAsync(scene, letter, JsonSerializer.SerializeToUtf8Bytes(scene.Box.Event(good) with { Source = foreign }, HeldarJson.Options));
        await Pipeline.Cloud.UntilAsync("it is open again", async () => await StatusAsync(scene, letter) == "open");

        Assert.Equal([DeadLetterReasons.ForeignSource], await scene.Cloud.LetterReasonsAsync());
        Assert.Equal(0, await scene.Cloud.ScalarAsync<long>("select count(*) from segment_landing"));
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task WholeMessage_IsApplied_OnceItsBoxIsKnown(string kind)
    {
        await using var scene = await SceneAsync();
        using var late = new TestBox();
        var camera = Guid.CreateVersion7();
        await using var front = await RunningFront.StartAsync(kind, scene.Cloud);
        await scene.Cloud.SendAsync(late.Seal([late.Event(TestBox.Segment(camera, Now - Half, Half))]));
        await Pipeline.Cloud.UntilAsync("it is refused", async () => (await scene.Cloud.LetterReasonsAsync()).SequenceEqual([DeadLetterReasons.UnknownKey]));
        var letter = await scene.Cloud.ScalarAsync<Guid>("select letter from dead_letter");
        await late.RegisterAsync(scene.Cloud.Database);
        await scene.Cloud.ScalarAsync<object>("insert into camera (tenant, camera, box, site, slug, name, enabled) values ('main', @camera, @Id, 'depot', 'late', 'late', true)", new { camera, late.Id });

        await RedriveAsync(scene, letter, null, tenant: DeadLetter.NoTenant);
        await Pipeline.Cloud.UntilAsync("it is applied", async () => await StatusAsync(scene, letter) == "applied");

        Assert.Equal(camera, await scene.Cloud.ScalarAsync<Guid>("select camera from segment_landing"));
    }

    [Fact]
    public async Task Orders_ApplyNothing_WhenForgedStaleOrChanged()
    {
        await using var scene = await SceneAsync();
        var good = TestBox.Segment(scene.Camera, Now - Half, Half);
        var letter = await BadLetterAsync(scene, "worker", good);
        var text = Text(scene, good);
        await scene.Cloud.ScalarAsync<object>("update dead_letter set mended = @text, status = 'redriven', round = 3 where letter = @letter", new { text, letter });
        using var stranger = BoxKeys.Create();
        await using var front = await RunningFront.WorkerAsync(scene.Cloud);

        // A box's own batch has no business here, and the cloud's order none in a box's queue.
        await scene.Cloud.SendAsync(scene.Box.Seal([scene.Box.Event(good)]), QueueNames.Mended);
        await scene.Cloud.SendAsync(Order(letter, 3, text, _cloud), QueueNames.Segments);
        await scene.Cloud.SendAsync(Order(letter, 3, text, stranger), QueueNames.Mended);
        await scene.Cloud.SendAsync(Order(letter, 3, text, _cloud) with { BatchSeq = 4 }, QueueNames.Mended);
        await Pipeline.Cloud.UntilAsync("four are refused", async () => await scene.Cloud.ScalarAsync<long>("select count(*) from dead_letter where tenant = '-'") == 4);
        Assert.Equal(
            [DeadLetterReasons.HeaderDiffers, DeadLetterReasons.UnknownKey, DeadLetterReasons.UnknownKey, DeadLetterReasons.UnknownKey],
            (await scene.Cloud.LetterReasonsAsync()).Where(r => r != DeadLetterReasons.BadData));

        // An order of an older round was decided otherwise since.
        await scene.Cloud.SendAsync(Order(letter, 2, text, _cloud), QueueNames.Mended);
        await Pipeline.Cloud.UntilAsync("it is gone", async () => await scene.Cloud.Queues.CountAsync(scene.Cloud.Queue(QueueNames.Mended), CancellationToken.None) == 0);
        Assert.Equal("redriven", await StatusAsync(scene, letter));

        // What lies in the database is not what was signed.
        await scene.Cloud.SendAsync(Order(letter, 3, "{}"u8.ToArray(), _cloud), QueueNames.Mended);
        await Pipeline.Cloud.UntilAsync("it is open again", async () => await StatusAsync(scene, letter) == "open");
        Assert.Equal(0, await scene.Cloud.ScalarAsync<long>("select count(*) from segment_landing"));
    }

    private async Task<Scene> SceneAsync()
    {
        var scene = await Scene.CreateAsync(postgres, azurite);
        var publicKey = _cloud.ExportSubjectPublicKeyInfo();
        await scene.Cloud.ScalarAsync<object>("insert into cloud_key (key_id, public_key, private_key) values (@id, @publicKey, '')", new { id = BoxKeys.KeyId(publicKey), publicKey });
        return scene;
    }

    /// <summary>A box sends a segment without bytes; what the pipeline makes of it is the letter.</summary>
    private static async Task<Guid> BadLetterAsync(Scene scene, string kind, SegmentData good)
    {
        await using var front = await RunningFront.StartAsync(kind, scene.Cloud);
        await scene.Cloud.SendAsync(scene.Box.Seal([scene.Box.Event(good with { Bytes = -1 })]));
        await Pipeline.Cloud.UntilAsync("it is refused", async () => (await scene.Cloud.LetterReasonsAsync()).SequenceEqual([DeadLetterReasons.BadData]));
        return await scene.Cloud.ScalarAsync<Guid>("select letter from dead_letter");
    }

    private static byte[] Text(Scene scene, SegmentData good) => JsonSerializer.SerializeToUtf8Bytes(scene.Box.Event(good), HeldarJson.Options);

    private static Task<string> StatusAsync(Scene scene, Guid letter) => scene.Cloud.ScalarAsync<string>("select status from dead_letter where letter = @letter", new { letter });

    private async Task RedriveAsync(Scene scene, Guid letter, byte[]? mended, string tenant = "main")
    {
        await scene.Cloud.ScalarAsync<object>("update dead_letter set mended = @mended, status = 'redriven', round = round + 1 where letter = @letter", new { mended, letter });
        var body = await scene.Cloud.ScalarAsync<byte[]>("select coalesce(mended, body) from dead_letter where letter = @letter", new { letter });
        await scene.Cloud.SendAsync(Order(letter, 1, body, _cloud, tenant), QueueNames.Mended);
    }

    private static Envelope Order(Guid letter, long round, byte[] body, ECDsa key, string tenant = "main")
    {
        var order = new MendedBody { Purpose = MendedBody.ThisPurpose, Tenant = tenant, Letter = letter, Round = round, Sha256 = Convert.ToHexStringLower(SHA256.HashData(body)), MendedBy = "anna", MendedAt = Now };
        var bytes = order.ToBytes();
        return new Envelope
        {
            Tenant = "main",
            Box = Guid.Empty,
            KeyId = BoxKeys.KeyId(key.ExportSubjectPublicKeyInfo()),
            Class = EventClass.Bulk,
            Epoch = letter.ToString("N"),
            BatchSeq = round,
            Body = Encoding.UTF8.GetString(bytes),
            Sig = BoxKeys.Sign(key, bytes),
        };
    }
}
