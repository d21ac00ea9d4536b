using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Sends a request to the replica that holds a box and hands its answer on. Thread-safe.</summary>
internal sealed partial class ReplicaClient(IHttpClientFactory clients, ReplicaTokens tokens, TunnelLimits limits, ILogger<ReplicaClient> log)
{
    /// <summary>Path of the call between replicas.</summary>
    public const string Path = "/internal/v1/ask";

    /// <summary>Name of the HTTP client: no proxy, no redirects, no cookies, no time limit on the body.</summary>
    public const string ClientName = "replica";

    public async Task<BoxReply> AskAsync(Uri replica, ReplicaRequest request, CancellationToken cancellation)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(replica, Path));
        message.Headers.Add(ReplicaTokens.Header, tokens.Create(request));
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(limits.StreamWait + limits.AnswerWait);
        HttpResponseMessage? response = null;
        try
        {
            response = await clients.CreateClient(ClientName).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (!response.IsSuccessStatusCode) return await RefusedAsync(response, limit.Token);
            var content = response.Content.Headers;
            var head = new TunnelResponse((int)response.StatusCode, content.ContentType?.ToString() ?? "", content.ContentLength, content.ContentRange?.ToString());
            var answer = new ForwardedAnswer(head, response, limits);
            response = null;
            return new BoxReply(answer, null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            Unreachable(replica, failure.Message);
            return BoxReply.Lost;
        }
        finally
        {
            response?.Dispose();
        }
    }

    private static async Task<BoxReply> RefusedAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode is System.Net.HttpStatusCode.RequestedRangeNotSatisfiable)
            return new BoxReply(new EmptyAnswer(new TunnelResponse(416, "", 0, response.Content.Headers.ContentRange?.ToString())), null);
        try
        {
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            var error = JsonSerializer.Deserialize<ErrorBody>(body, HeldarJson.Options);
            return error is null ? BoxReply.Lost : BoxReply.Refuse((int)response.StatusCode, error.Code, error.Error);
        }
        catch (JsonException)
        {
            return BoxReply.Lost;
        }
    }

    private sealed class EmptyAnswer(TunnelResponse head) : BoxAnswer(head)
    {
        public override Task CopyToAsync(Stream target, CancellationToken cancellation) => Task.CompletedTask;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class ForwardedAnswer(TunnelResponse head, HttpResponseMessage response, TunnelLimits limits) : BoxAnswer(head)
    {
        public override async Task CopyToAsync(Stream target, CancellationToken cancellation)
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            byte[] buffer = new byte[Tunnel.MaxDataBytes];
            try
            {
                int read;
                while ((read = await WithinAsync(t => body.ReadAsync(buffer, t).AsTask(), limits.AnswerWait, cancellation)) > 0)
                {
                    int length = read;
                    await WithinAsync(
                        async t =>
                        {
                            await target.WriteAsync(buffer.AsMemory(0, length), t);
                            return 0;
                        },
                        limits.ViewerStall,
                        cancellation);
                }
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException and not BoxGoneException)
            {
                throw new BoxGoneException(lost.Message, lost);
            }
        }

        public override ValueTask DisposeAsync()
        {
            response.Dispose();
            return ValueTask.CompletedTask;
        }

        private static async Task<int> WithinAsync(Func<CancellationToken, Task<int>> step, TimeSpan time, CancellationToken cancellation)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(time);
            try
            {
                return await step(limit.Token);
            }
            catch (OperationCanceledException late) when (!cancellation.IsCancellationRequested)
            {
                throw new TimeoutException("no progress for too long", late);
            }
        }
    }
}
