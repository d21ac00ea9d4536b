using System.Buffers.Binary;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Enrolment;
using NodaTime;

namespace Heldar.Fleet.Tests.Hosting;

/// <summary>A box as the fleet sees it: a key, signed calls and a tunnel whose frames the test writes itself.</summary>
internal sealed class FakeBox(FleetHost fleet) : IDisposable
{
    public ECDsa Key { get; } = BoxKeys.Create();

    public byte[] PublicKey => Key.ExportSubjectPublicKeyInfo();

    public Guid Id { get; private set; }

    public EnrolResponse? Enrolled { get; private set; }

    public static async Task<FakeBox> EnrolledAsync(FleetHost fleet, string site = "depot", string tenant = Names.DefaultTenant)
    {
        var box = new FakeBox(fleet);
        using var response = await box.EnrolAsync(await TokenAsync(fleet, site, tenant: tenant));
        response.EnsureSuccessStatusCode();
        box.Enrolled = await response.ReadAsync<EnrolResponse>();
        box.Id = box.Enrolled.Box;
        return box;
    }

    public static async Task<string> TokenAsync(FleetHost fleet, string site = "depot", int minutes = 15, string tenant = Names.DefaultTenant) =>
        (await fleet.Get<EnrolmentTokens>().CreateWithSiteAsync(tenant, new TokenRequest(site, minutes), null, "Europe/Berlin", "test", CancellationToken.None)).Token;

    public EnrolRequest Request(string token) =>
        new(token, Convert.ToBase64String(PublicKey), "Depot North", "0.1.0", BoxKeys.Sign(Key, EnrolRequest.ProofBytes(token)));

    public Task<HttpResponseMessage> EnrolAsync(string token) => fleet.SendAsync(null, HttpMethod.Post, "/enrol", Request(token));

    /// <summary>Signed headers, as a box makes them.</summary>
    public IReadOnlyDictionary<string, string> Headers(string method, string path, byte[] body, Instant? at = null)
    {
        string time = InstantText.Format(at ?? fleet.Clock.GetCurrentInstant());
        return new Dictionary<string, string>
        {
            [BoxRequestSignature.BoxHeader] = Id.ToString("D"),
            [BoxRequestSignature.KeyHeader] = BoxKeys.KeyId(PublicKey),
            [BoxRequestSignature.TimeHeader] = time,
            [BoxRequestSignature.SignatureHeader] = BoxKeys.Sign(Key, BoxRequestSignature.SignedBytes(method, path, time, body)),
        };
    }

    /// <summary>A signed POST; <paramref name="sent"/> replaces the body after signing.</summary>
    public async Task<HttpResponseMessage> PostAsync(string path, object? body = null, Instant? at = null, byte[]? sent = null, Action<HttpRequestMessage>? change = null)
    {
        byte[] bytes = body as byte[] ?? (body is null ? [] : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), HeldarJson.Options));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fleet.Url, path)) { Content = new ByteArrayContent(sent ?? bytes) };
        request.Content.Headers.ContentType = new("application/json");
        foreach (var (name, value) in Headers("POST", path, bytes, at)) request.Headers.Add(name, value);
        change?.Invoke(request);
        return await fleet.Client.SendAsync(request);
    }

    public async Task<FakeTunnel> ConnectAsync(FleetHost? replica = null)
    {
        var socket = new ClientWebSocket();
        foreach (var (name, value) in Headers("GET", Tunnel.Path, [])) socket.Options.SetRequestHeader(name, value);
        socket.Options.Proxy = null;
        var url = new UriBuilder(new Uri((replica ?? fleet).Url, Tunnel.Path)) { Scheme = "ws" };
        await socket.ConnectAsync(url.Uri, CancellationToken.None);
        await fleet.WaitForAsync("select exists (select 1 from box_tunnel where box = @Id)", new { Id });
        return new FakeTunnel(socket);
    }

    /// <summary>Enters a camera of this box, as its self-description would.</summary>
    public async Task<Guid> AddCameraAsync(string slug)
    {
        var camera = Guid.CreateVersion7();
        await fleet.AddCameraAsync(Enrolled!.Tenant, Id, camera, slug);
        return camera;
    }

    public void Dispose() => Key.Dispose();
}

/// <summary>The box's end of a tunnel.</summary>
internal sealed class FakeTunnel(WebSocket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public WebSocket Socket => socket;

    /// <summary>The next frame from the fleet; null when it closed the tunnel.</summary>
    public async Task<(TunnelFrame Kind, uint Stream, byte[] Payload)?> ReceiveAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        byte[] buffer = new byte[80 * 1024];
        int length = 0;
        ValueWebSocketReceiveResult part;
        do
        {
            part = await socket.ReceiveAsync(buffer.AsMemory(length), limit.Token);
            length += part.Count;
        }
        while (!part.EndOfMessage);
        if (part.MessageType is WebSocketMessageType.Close) return null;
        Assert.True(Tunnel.TryReadHeader(buffer.AsSpan(0, length), out var kind, out uint stream));
        return (kind, stream, buffer[Tunnel.HeaderBytes..length]);
    }

    /// <summary>The next request, other frames passed over.</summary>
    public async Task<(uint Stream, TunnelRequest Request)> RequestAsync()
    {
        while (true)
        {
            var frame = await ReceiveAsync() ?? throw new InvalidOperationException("the fleet closed the tunnel");
            if (frame.Kind is TunnelFrame.Request) return (frame.Stream, JsonSerializer.Deserialize<TunnelRequest>(frame.Payload, HeldarJson.Options)!);
        }
    }

    /// <summary>Waits for one kind of frame on a stream.</summary>
    public async Task<byte[]> WaitForAsync(TunnelFrame kind, uint stream)
    {
        while (true)
        {
            var frame = await ReceiveAsync() ?? throw new InvalidOperationException("the fleet closed the tunnel");
            if (frame.Kind == kind && frame.Stream == stream) return frame.Payload;
        }
    }

    public static int CreditOf(byte[] payload) => (int)BinaryPrimitives.ReadUInt32BigEndian(payload);

    public Task SendAsync(TunnelFrame kind, uint stream, byte[] payload)
    {
        byte[] frame = new byte[Tunnel.HeaderBytes + payload.Length];
        Tunnel.WriteHeader(frame, kind, stream);
        payload.CopyTo(frame, Tunnel.HeaderBytes);
        return SendRawAsync(frame);
    }

    public Task SendAsync(TunnelFrame kind, uint stream, object payload) => SendAsync(kind, stream, JsonSerializer.SerializeToUtf8Bytes(payload, payload.GetType(), HeldarJson.Options));

    public async Task SendRawAsync(byte[] frame, WebSocketMessageType type = WebSocketMessageType.Binary)
    {
        using var limit = new CancellationTokenSource(Patience);
        await socket.SendAsync(frame, type, endOfMessage: true, limit.Token);
    }

    /// <summary>Answers one request with a whole body, within its credit.</summary>
    public async Task AnswerAsync(uint stream, byte[] body, string type = "video/mp4", int status = 200, string? range = null)
    {
        await SendAsync(TunnelFrame.Head, stream, new TunnelResponse(status, type, body.Length, range));
        foreach (byte[] piece in body.Chunk(Tunnel.MaxDataBytes)) await SendAsync(TunnelFrame.Data, stream, piece);
        await SendAsync(TunnelFrame.End, stream, []);
    }

    /// <summary>Reads until the fleet closes; the reason it gave.</summary>
    public async Task<string> ClosedAsync()
    {
        while (await ReceiveAsync() is not null)
        {
        }

        return socket.CloseStatusDescription ?? "";
    }

    public void Dispose() => socket.Dispose();
}
