using System.Text;
using System.Text.RegularExpressions;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Heldar.Cloud.Storage;

/// <summary>Makes of an account's 401 or 403 an error of one line that names who was refused what, why, and what to do. Thread-safe.</summary>
/// <param name="identity">Who asks.</param>
/// <param name="role">The role that it needs.</param>
internal sealed partial class RefusalPolicy(string identity, string role) : HttpPipelinePolicy
{
    /// <summary>Most bytes of an answer that are looked at; a refusal has some hundreds.</summary>
    private const int MaxBody = 4096;

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        if (!IsRefused(message)) return;
        var body = new byte[MaxBody];
        throw Refused(message, body.AsSpan(0, message.Response.ContentStream?.ReadAtLeast(body, MaxBody, throwOnEndOfStream: false) ?? 0));
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (!IsRefused(message)) return;
        var body = new byte[MaxBody];
        var length = message.Response.ContentStream is { } content ? await content.ReadAtLeastAsync(body, MaxBody, throwOnEndOfStream: false, message.CancellationToken) : 0;
        throw Refused(message, body.AsSpan(0, length));
    }

    private static bool IsRefused(HttpMessage message) => message.HasResponse && message.Response.Status is 401 or 403;

    private RequestFailedException Refused(HttpMessage message, ReadOnlySpan<byte> body)
    {
        var response = message.Response;
        var detail = DetailElement().Match(Encoding.UTF8.GetString(body));
        var cause = detail.Success ? ": " + detail.Groups["text"].Value.ReplaceLineEndings(" ").Trim() : "";
        var code = response.Headers.TryGetValue("x-ms-error-code", out var named) ? named : response.ReasonPhrase;
        var address = message.Request.Uri.ToUri().GetLeftPart(UriPartial.Path);
        return new(
            response.Status,
            $"{message.Request.Method} {address}: the storage account refuses {identity} ({response.Status} {code}{cause}): give it the role {role} there, let this network reach the account, and wait some minutes until a new right is known",
            code,
            null);
    }

    [GeneratedRegex(@"<AuthenticationErrorDetail>(?<text>[^<]{1,300})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DetailElement();
}
