using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Heldar.Edge.Uplink;

/// <summary>What became of a put.</summary>
internal enum PutResult
{
    /// <summary>The queue has it.</summary>
    Accepted,

    /// <summary>The right to put has run out or was taken away: get a new one.</summary>
    NotAllowed,

    /// <summary>Try again later.</summary>
    Failed,
}

/// <summary>
/// Puts messages and staging blobs by plain HTTPS with SAS addresses (Azure Storage REST, Put Message and Put Blob); a box needs no SDK.
/// Errors never hold the address's query, which is a secret. Thread-safe.
/// </summary>
internal sealed class QueuePut(HttpClient http)
{
    public const string ServiceVersion = "2021-12-02";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    /// <summary>Puts one message that never expires. <paramref name="queue"/> is the queue's address with SAS.</summary>
    public async Task<(PutResult Result, string? Error)> MessageAsync(string queue, byte[] envelope, CancellationToken cancellation)
    {
        var (path, query) = Split(queue);
        var xml = "<QueueMessage><MessageText>" + Convert.ToBase64String(envelope) + "</MessageText></QueueMessage>";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}/messages?{query}&messagettl=-1") { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(xml)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/xml");
        return await SendAsync(request, cancellation);
    }

    /// <summary>Puts a blob under its hash into the staging container. One that is there already is as good.</summary>
    public async Task<(PutResult Result, string? Error)> BlobAsync(string container, string name, byte[] body, CancellationToken cancellation)
    {
        var (path, query) = Split(container);
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{path}/{name}?{query}") { Content = new ByteArrayContent(body) };
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(request, cancellation);
    }

    /// <summary>Last path segment of a container's address.</summary>
    public static string ContainerName(string container) => Split(container).Path.Split('/')[^1];

    private static (string Path, string Query) Split(string address)
    {
        var question = address.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? (address.TrimEnd('/'), "") : (address[..question].TrimEnd('/'), address[(question + 1)..]);
    }

    private async Task<(PutResult, string?)> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        request.Headers.Add("x-ms-version", ServiceVersion);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode == HttpStatusCode.Created) return (PutResult.Accepted, null);
            var code = response.Headers.TryGetValues("x-ms-error-code", out var codes) ? string.Concat(codes) : "";
            if (code is "BlobAlreadyExists" or "UnauthorizedBlobOverwrite") return (PutResult.Accepted, null);
            var error = $"{request.RequestUri!.AbsolutePath} answered {(int)response.StatusCode} {code}".TrimEnd();
            return (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized ? PutResult.NotAllowed : PutResult.Failed, error);
        }
        catch (HttpRequestException e)
        {
            return (PutResult.Failed, $"{request.RequestUri!.Host}: {e.HttpRequestError}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (PutResult.Failed, $"{request.RequestUri!.Host}: no answer within {Timeout.TotalSeconds:0} s");
        }
    }
}
