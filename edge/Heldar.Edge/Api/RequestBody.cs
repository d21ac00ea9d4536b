using System.Text.Json;

namespace Heldar.Edge.Api;

/// <summary>Reads a request's JSON so that every mistake in it becomes one clear 400.</summary>
internal static class RequestBody
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The body, or the answer that refuses it.</summary>
    public static async Task<(T? Value, IResult? Refusal)> ReadAsync<T>(HttpRequest request, CancellationToken cancellation) where T : class
    {
        if (request.ContentLength > MaxBytes) return (null, Problems.Result(413, Contracts.Api.ErrorCodes.TooLarge, $"the body may have {MaxBytes} bytes"));
        try
        {
            using var buffer = new MemoryStream();
            var chunk = new byte[4096];
            int read;
            while ((read = await request.Body.ReadAsync(chunk, cancellation)) > 0)
            {
                if (buffer.Length + read > MaxBytes) return (null, Problems.Result(413, Contracts.Api.ErrorCodes.TooLarge, $"the body may have {MaxBytes} bytes"));
                buffer.Write(chunk, 0, read);
            }

            var value = JsonSerializer.Deserialize<T>(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), BoxJson.Options);
            return value is null ? (null, Problems.BadRequest("the body must be a JSON object")) : (value, null);
        }
        catch (JsonException e)
        {
            return (null, Problems.BadRequest($"the body is not the JSON that is expected here (line {e.LineNumber + 1}, {e.Path})"));
        }
    }
}
