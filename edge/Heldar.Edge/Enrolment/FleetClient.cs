using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Enrolment;

/// <summary>The fleet said no, in its own words.</summary>
internal sealed class FleetRefusedException(int status, string code, string error) : Exception($"the fleet answered {status} {code}: {error}")
{
    public int Status { get; } = status;

    public string Code { get; } = code;
}

/// <summary>
/// Calls to the fleet service. Every call but enrolment is signed with the box's key; when the fleet says that the box's clock is off, its own
/// time is used for signing from then on (never for recordings). Answers are bounded. Thread-safe.
/// </summary>
internal sealed class FleetClient(HttpClient http, FleetSettings settings, BoxKey key, IClock clock)
{
    private const int MaxAnswerBytes = 1024 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);
    private long _offsetTicks;

    /// <summary>Fleet time minus box time, as last told.</summary>
    public Duration ClockOffset => Duration.FromTicks(Interlocked.Read(ref _offsetTicks));

    public Task<EnrolResponse> EnrolAsync(EnrolRequest request, CancellationToken cancellation) =>
        PostAsync<EnrolResponse>("/enrol", request, null, cancellation);

    public Task<SasGrant> RenewAsync(BoxIdentity identity, CancellationToken cancellation) =>
        PostAsync<SasGrant>($"/api/v1/boxes/{identity.Box:D}/sas", new { }, identity, cancellation);

    public Task<HeartbeatResponse> HeartbeatAsync(BoxIdentity identity, HeartbeatRequest request, CancellationToken cancellation) =>
        PostAsync<HeartbeatResponse>($"/api/v1/boxes/{identity.Box:D}/heartbeat", request, identity, cancellation);

    /// <summary>The signing headers of one call.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers(BoxIdentity identity, string method, string pathAndQuery, ReadOnlySpan<byte> body)
    {
        var time = InstantText.Format(clock.GetCurrentInstant() + ClockOffset);
        return
        [
            new(BoxRequestSignature.BoxHeader, identity.Box.ToString("D")),
            new(BoxRequestSignature.KeyHeader, key.Id),
            new(BoxRequestSignature.TimeHeader, time),
            new(BoxRequestSignature.SignatureHeader, key.Sign(BoxRequestSignature.SignedBytes(method, pathAndQuery, time, body))),
        ];
    }

    /// <summary>Absolute address of a path under the fleet's base address.</summary>
    public Uri Address(string path) => new(settings.Url.AbsoluteUri.TrimEnd('/') + path);

    /// <summary>Takes the fleet's time over for signing.</summary>
    public void LearnTime(Instant fleetTime) => Interlocked.Exchange(ref _offsetTicks, (fleetTime - clock.GetCurrentInstant()).BclCompatibleTicks);

    private async Task<T> PostAsync<T>(string path, object body, BoxIdentity? identity, CancellationToken cancellation)
    {
        try
        {
            return await PostOnceAsync<T>(path, body, identity, cancellation);
        }
        catch (FleetRefusedException e) when (e.Code == ErrorCodes.ClockSkew && identity is not null)
        {
            return await PostOnceAsync<T>(path, body, identity, cancellation);
        }
    }

    private async Task<T> PostOnceAsync<T>(string path, object body, BoxIdentity? identity, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, HeldarJson.Options);
        var address = Address(path);
        using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(bytes) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (identity is not null)
            foreach (var (name, value) in Headers(identity, "POST", address.PathAndQuery, bytes)) request.Headers.Add(name, value);

        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        var answer = await ReadBoundedAsync(response.Content, limit.Token);
        if (!response.IsSuccessStatusCode) throw Refusal(response, answer);
        return JsonSerializer.Deserialize<T>(answer, HeldarJson.Options) ?? throw new JsonException("the fleet's answer is empty");
    }

    private FleetRefusedException Refusal(HttpResponseMessage response, byte[] answer)
    {
        var (code, error) = ("", "");
        Instant? serverTime = response.Headers.Date is { } date ? Instant.FromDateTimeOffset(date) : null;
        try
        {
            using var json = JsonDocument.Parse(answer);
            if (json.RootElement.ValueKind == JsonValueKind.Object)
            {
                code = Text(json.RootElement, "code");
                error = Text(json.RootElement, "error");
                if (InstantText.TryParse(Text(json.RootElement, "serverTime"), out var told)) serverTime = told;
            }
        }
        catch (JsonException)
        {
            error = "an answer that is not JSON";
        }

        if (response.StatusCode == HttpStatusCode.Unauthorized && code == ErrorCodes.ClockSkew && serverTime is { } time) LearnTime(time);
        return new FleetRefusedException((int)response.StatusCode, code, error.Length <= 300 ? error : error[..300]);
    }

    private static string Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static async Task<byte[]> ReadBoundedAsync(HttpContent content, CancellationToken cancellation)
    {
        if (content.Headers.ContentLength > MaxAnswerBytes) throw new HttpRequestException($"the fleet's answer is larger than {MaxAnswerBytes} bytes");
        await using var stream = await content.ReadAsStreamAsync(cancellation);
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellation)) > 0)
        {
            if (buffer.Length + read > MaxAnswerBytes) throw new HttpRequestException($"the fleet's answer is larger than {MaxAnswerBytes} bytes");
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }
}
