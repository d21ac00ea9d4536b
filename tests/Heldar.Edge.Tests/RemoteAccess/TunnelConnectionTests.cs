using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.RemoteAccess;

namespace Heldar.Edge.Tests.RemoteAccess;

public sealed class TunnelConnectionTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly CancellationTokenSource _stop = new(TimeSpan.FromSeconds(30));
    private readonly WebSocket _fleet;
    private readonly WebSocket _box;
    private readonly TokenBucket _bucket = new(Tunnel.DefaultBytesPerSecond, TimeProvider.System);
    private readonly TunnelConnection _connection;
    private readonly FakeContent _content = new();
    private readonly Task _run;

    public TunnelConnectionTests()
    {
        var (a, b) = DuplexStream.Pair();
        _fleet = WebSocket.CreateFromStream(a, isServer: true, null, Timeout.InfiniteTimeSpan);
        _box = WebSocket.CreateFromStream(b, isServer: false, null, Timeout.InfiniteTimeSpan);
        _connection = new TunnelConnection(_box, _content, _bucket, e => _content.Faults.Add(e));
        _run = _connection.RunAsync(_stop.Token);
    }

    [Fact]
    public async Task Request_IsAnswered_WithHeadDataEnd()
    {
        _content.Body = Bytes(100_000);
        await RequestAsync(7, "/footage/x/1");

        var (kind, id, head) = await ReadAsync();
        Assert.Equal((TunnelFrame.Head, 7u), (kind, id));
        Assert.Equal(100_000, JsonSerializer.Deserialize<TunnelResponse>(head, HeldarJson.Options)!.ContentLength);
        Assert.Equal(_content.Body, await ReadBodyAsync(7));
        Assert.Equal("/footage/x/1", _content.Requests.Single().Path);
    }

    [Fact]
    public async Task Data_StopsAtTheCredit_AndGoesOnWithMore()
    {
        _content.Body = Bytes(Tunnel.InitialCredit + 1000);
        await RequestAsync(1, "/footage/x/1");
        await ReadAsync();
        var received = 0;
        while (received < Tunnel.InitialCredit) received += (await ReadAsync(TunnelFrame.Data)).Payload.Length;
        Assert.Equal(Tunnel.InitialCredit, received);

        // Nothing comes without credit: another request is answered first.
        await RequestAsync(2, "/refused");
        Assert.Equal((TunnelFrame.Error, 2u), Head(await ReadAsync()));

        await CreditAsync(1, 400);
        Assert.Equal(400, (await ReadAsync(TunnelFrame.Data)).Payload.Length);
        await CreditAsync(1, uint.MaxValue);
        Assert.Equal(600, (await ReadAsync(TunnelFrame.Data)).Payload.Length);
        Assert.Equal((TunnelFrame.End, 1u), Head(await ReadAsync()));
    }

    [Fact]
    public async Task Cancel_EndsTheStream_AndClosesItsFile()
    {
        _content.Body = Bytes(Tunnel.InitialCredit * 2);
        await RequestAsync(1, "/footage/x/1");
        await ReadAsync(TunnelFrame.Head);

        await SendAsync(TunnelFrame.Cancel, 1, []);

        await UntilAsync(() => _connection.Streams == 0 && _content.Disposed == 1);
    }

    [Fact]
    public async Task FifthStream_IsRefused_WhileFourRun()
    {
        _content.Body = Bytes(Tunnel.InitialCredit * 2);
        for (uint i = 1; i <= Tunnel.MaxStreams; i++) await RequestAsync(i, "/footage/x/1");
        await UntilAsync(() => _connection.Streams == Tunnel.MaxStreams);

        await RequestAsync(9, "/footage/x/1");

        while (true)
        {
            var frame = await ReadAsync();
            if (frame.Id != 9) continue;
            Assert.Equal(TunnelFrame.Error, frame.Kind);
            Assert.Equal(ErrorCodes.TooMany, JsonSerializer.Deserialize<ErrorBody>(frame.Payload, HeldarJson.Options)!.Code);
            break;
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"method\":null,\"path\":\"/x\"}")]
    public async Task BadRequest_IsAnsweredWithAnError_AndTheConnectionLives(string payload)
    {
        await SendAsync(TunnelFrame.Request, 3, System.Text.Encoding.UTF8.GetBytes(payload));
        Assert.Equal((TunnelFrame.Error, 3u), Head(await ReadAsync()));

        await RequestAsync(4, "/refused");
        Assert.Equal((TunnelFrame.Error, 4u), Head(await ReadAsync()));
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 99, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 5, 0, 0, 0, 1, 1 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 1, 1 })]
    public async Task HostileFrame_EndsTheConnection(byte[] frame)
    {
        await _fleet.SendAsync(frame, WebSocketMessageType.Binary, true, _stop.Token);
        await Assert.ThrowsAsync<TunnelProtocolException>(() => _run.WaitAsync(Patience));
    }

    [Fact]
    public async Task OversizedFrame_EndsTheConnection()
    {
        await _fleet.SendAsync(new byte[Tunnel.MaxHeadBytes + 100], WebSocketMessageType.Binary, true, _stop.Token);
        await Assert.ThrowsAsync<TunnelProtocolException>(() => _run.WaitAsync(Patience));
    }

    [Fact]
    public async Task TextFrame_EndsTheConnection()
    {
        await _fleet.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, _stop.Token);
        await Assert.ThrowsAsync<TunnelProtocolException>(() => _run.WaitAsync(Patience));
    }

    [Fact]
    public async Task FailingContent_IsAnsweredWithAnError()
    {
        await RequestAsync(1, "/throws");
        Assert.Equal((TunnelFrame.Error, 1u), Head(await ReadAsync()));
        Assert.Single(_content.Faults);
    }

    [Fact]
    public async Task Run_EndsEveryStream_WhenTheFleetGoesAway()
    {
        _content.Body = Bytes(Tunnel.InitialCredit * 2);
        await RequestAsync(1, "/footage/x/1");
        await ReadAsync(TunnelFrame.Head);

        _fleet.Abort();
        await Record.ExceptionAsync(() => _run.WaitAsync(Patience));

        Assert.Equal((0, 1), (_connection.Streams, _content.Disposed));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Record.ExceptionAsync(() => _run);
        _connection.Dispose();
        _bucket.Dispose();
        _fleet.Dispose();
        _box.Dispose();
        _stop.Dispose();
    }

    private static (TunnelFrame, uint) Head((TunnelFrame Kind, uint Id, byte[] Payload) frame) => (frame.Kind, frame.Id);

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition()) await Task.Delay(5, limit.Token);
    }

    private Task RequestAsync(uint id, string path) =>
        SendAsync(TunnelFrame.Request, id, JsonSerializer.SerializeToUtf8Bytes(new TunnelRequest("GET", path, null), HeldarJson.Options));

    private Task CreditAsync(uint id, uint bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, bytes);
        return SendAsync(TunnelFrame.Credit, id, payload);
    }

    private async Task SendAsync(TunnelFrame kind, uint id, byte[] payload)
    {
        byte[] frame = [.. new byte[Tunnel.HeaderBytes], .. payload];
        Tunnel.WriteHeader(frame, kind, id);
        await _fleet.SendAsync(frame, WebSocketMessageType.Binary, true, _stop.Token);
    }

    private async Task<(TunnelFrame Kind, uint Id, byte[] Payload)> ReadAsync(TunnelFrame? expected = null)
    {
        var buffer = new byte[Tunnel.HeaderBytes + Tunnel.MaxDataBytes];
        var length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await _fleet.ReceiveAsync(buffer.AsMemory(length), _stop.Token);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        Assert.True(Tunnel.TryReadHeader(buffer.AsSpan(0, length), out var kind, out var id));
        if (expected is not null) Assert.Equal(expected, kind);
        return (kind, id, buffer[Tunnel.HeaderBytes..length]);
    }

    private async Task<byte[]> ReadBodyAsync(uint id)
    {
        var body = new List<byte>();
        while (true)
        {
            var frame = await ReadAsync();
            Assert.Equal(id, frame.Id);
            if (frame.Kind == TunnelFrame.End) return [.. body];
            Assert.Equal(TunnelFrame.Data, frame.Kind);
            body.AddRange(frame.Payload);
        }
    }

    private sealed class FakeContent : ITunnelContent
    {
        private int _disposed;

        public byte[] Body { get; set; } = [];

        public System.Collections.Concurrent.ConcurrentQueue<TunnelRequest> Requests { get; } = new();

        public List<Exception> Faults { get; } = [];

        public int Disposed => Volatile.Read(ref _disposed);

        public Task<TunnelAnswer> OpenAsync(TunnelRequest request, CancellationToken cancellation)
        {
            Requests.Enqueue(request);
            if (request.Path == "/throws") throw new InvalidOperationException("broken");
            if (request.Path == "/refused") return Task.FromResult(TunnelAnswer.Refuse(ErrorCodes.NotFound, "nothing here"));
            return Task.FromResult(new TunnelAnswer(new TunnelResponse(200, "video/mp4", Body.Length, null), new CountedStream(Body, () => Interlocked.Increment(ref _disposed)), null));
        }
    }

    private sealed class CountedStream(byte[] bytes, Action onDispose) : MemoryStream(bytes)
    {
        protected override void Dispose(bool disposing)
        {
            if (disposing && CanRead) onDispose();
            base.Dispose(disposing);
        }
    }
}
