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
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        ProcessNext(message, pipeline);
        Check(message);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        Check(message);
    }

    private void Check(HttpMessage message)
    {
        if (!message.HasResponse || message.Response is not { Status: 401 or 403 } response) return;
        var code = response.Headers.TryGetValue("x-ms-error-code", out var named) ? named : response.ReasonPhrase;
        var address = message.Request.Uri.ToUri().GetLeftPart(UriPartial.Path);
        throw new RequestFailedException(
            response.Status,
            $"{message.Request.Method} {address}: the storage account refuses {identity} ({response.Status} {code}{Detail(response)}): give it the role {role} there, let this network reach the account, and wait some minutes until a new right is known",
            code,
            null);
    }

    private static string Detail(Response response)
    {
        if (response.ContentStream is not MemoryStream) return "";
        var detail = DetailElement().Match(response.Content.ToString());
        return detail.Success ? ": " + detail.Groups["text"].Value.ReplaceLineEndings(" ").Trim() : "";
    }

    [GeneratedRegex(@"<AuthenticationErrorDetail>(?<text>[^<]{1,300})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DetailElement();
}
