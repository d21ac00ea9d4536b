using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What a simulated box says to fleet and queues, by plain HTTP as a real box does. One per box; not thread-safe.</summary>
/// <param name="http">Shared by all boxes.</param>
/// <param name="fleet">The fleet's address.</param>
/// <param name="key">The box's own P-256 key.</param>
/// <param name="clock">The box's clock, which may be off.</param>
internal sealed class SimHttp(HttpClient http, Uri fleet, ECDsa key, Func<Instant> clock)
{
    private Duration _offset;

    /// <summary>How often the fleet said that the box's clock is off.</summary>
    public int SkewRefusals { get; private set; }

    public string PublicKey { get; } = Convert.ToBase64String(key.ExportSubjectPublicKeyInfo());

    public string KeyId { get; } = BoxKeys.KeyId(key.ExportSubjectPublicKeyInfo());

    public string Sign(byte[] bytes) => BoxKeys.Sign(key, bytes);

    public Task<EnrolResponse> EnrolAsync(string token, string name, CancellationToken cancellation) =>
        PostAsync<EnrolResponse>("/enrol", new EnrolRequest(token, PublicKey, name, "0.1.0-sim", Sign(EnrolRequest.ProofBytes(token))), null, cancellation);

    public Task<SasGrant> RenewAsync(SimIdentity identity, CancellationToken cancellation) => PostAsync<SasGrant>($"/api/v1/boxes/{identity.Box:D}/sas", new { }, identity, cancellation);

    public Task<HeartbeatResponse> HeartbeatAsync(SimIdentity identity, HeartbeatRequest beat, CancellationToken cancellation) =>
        PostAsync<HeartbeatResponse>($"/api/v1/boxes/{identity.Box:D}/heartbeat", beat, identity, cancellation);

    /// <summary>Puts a message that never expires. Throws <see cref="HttpRequestException"/> for any answer but 201.</summary>
    public async Task PutAsync(string queue, byte[] envelope, CancellationToken cancellation)
    {
        int question = queue.IndexOf('?', StringComparison.Ordinal);
        byte[] xml = Encoding.ASCII.GetBytes("<QueueMessage><MessageText>" + Convert.ToBase64String(envelope) + "</MessageText></QueueMessage>");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{queue[..question]}/messages{queue[question..]}&messagettl=-1") { Content = new ByteArrayContent(xml) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
        request.Headers.Add("x-ms-version", "2021-12-02");
        using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
        if (answer.StatusCode != HttpStatusCode.Created) throw new HttpRequestException($"a queue answered {(int)answer.StatusCode}", null, answer.StatusCode);
    }

    private async Task<T> PostAsync<T>(string path, object body, SimIdentity? identity, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(body, HeldarJson.Options);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fleet, path)) { Content = new ByteArrayContent(bytes) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            if (identity is not null) Sign(request, path, bytes, identity);
            using HttpResponseMessage answer = await http.SendAsync(request, cancellation);
            string text = await answer.Content.ReadAsStringAsync(cancellation);
            if (answer.IsSuccessStatusCode) return JsonSerializer.Deserialize<T>(text, HeldarJson.Options) ?? throw new HttpRequestException($"{path} answered null");
            if (attempt == 1 && answer.StatusCode == HttpStatusCode.Unauthorized && ServerTime(text) is { } time)
            {
                SkewRefusals++;
                _offset = time - clock();
                continue;
            }

            throw new HttpRequestException($"{path}: {(int)answer.StatusCode} {text}", null, answer.StatusCode);
        }
    }

    private void Sign(HttpRequestMessage request, string path, byte[] body, SimIdentity identity)
    {
        string time = InstantText.Format(clock() + _offset);
        request.Headers.Add(BoxRequestSignature.BoxHeader, identity.Box.ToString("D"));
        request.Headers.Add(BoxRequestSignature.KeyHeader, identity.KeyId);
        request.Headers.Add(BoxRequestSignature.TimeHeader, time);
        request.Headers.Add(BoxRequestSignature.SignatureHeader, Sign(BoxRequestSignature.SignedBytes("POST", path, time, body)));
    }

    private static Instant? ServerTime(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.TryGetProperty("serverTime", out JsonElement time) && InstantText.TryParse(time.GetString(), out Instant told) ? told : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
