using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Heldar.Local.FunctionsHost;

/// <summary>Posts invocations to the handler and judges the answers. Thread-safe.</summary>
internal sealed class Invoker(HostSettings settings, HandlerProcess handler, HttpClient http, TimeProvider time, Action<string> say)
{
    private const int MaxAnswer = 16 * 1024 * 1024;

    /// <summary>True when the host counts the invocation as a success.</summary>
    public async Task<bool> InvokeAsync(FunctionFile function, byte[] body, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(settings.FunctionTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            // While the handler restarts, invocations wait, then fail.
            await handler.Answering.WaitAsync(settings.InitializationTimeout, time, both.Token);
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(handler.Address, function.Name)) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
            request.Headers.Add("X-Azure-Functions-InvocationId", Guid.NewGuid().ToString("D"));
            request.Headers.Add("X-Azure-Functions-HostVersion", "4.1037.0");
            request.Headers.Add("User-Agent", "Azure-Functions-Host/4.1037.0");
            using var answer = await http.SendAsync(request, both.Token);
            var content = await answer.Content.ReadAsByteArrayAsync(both.Token);
            if (content.Length > MaxAnswer) return Failed(function, "the answer is too large");
            var (verdict, why) = InvocationAnswer.Judge(answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, content);
            if (verdict == Verdict.Success) return true;
            if (verdict == Verdict.Hang)
            {
                say($"{function.Name}: {why}: the host waits until functionTimeout");
                await Task.Delay(Timeout.InfiniteTimeSpan, time, both.Token);
            }

            return Failed(function, why);
        }
        catch (Exception refused) when (refused is HttpRequestException or TimeoutException)
        {
            return Failed(function, refused.Message);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Failed(function, $"functionTimeout of {settings.FunctionTimeout} is over");
        }
    }

    /// <summary>An id for a request's sys.RandGuid.</summary>
    public static Guid Random() => new(RandomNumberGenerator.GetBytes(16));

    private bool Failed(FunctionFile function, string why)
    {
        say($"{function.Name} failed: {why}");
        return false;
    }
}
