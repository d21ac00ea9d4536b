using System.Text.Json;
using Heldar.Contracts;

namespace Heldar.Fleet.Api;

/// <summary>Reads request bodies within bounds: content type, size and depth are checked before anything is bound.</summary>
internal static class JsonBody
{
    /// <summary>Largest body of any call, in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The same for the few calls that carry documents, in bytes; the server itself takes no more than 16 times <see cref="MaxBytes"/>.</summary>
    public const int MaxDocumentBytes = 15 * MaxBytes;

    /// <summary>Binds the body. Throws <see cref="BadInputException"/> or <see cref="JsonException"/>.</summary>
    public static async Task<T> ReadAsync<T>(HttpContext context, int most = MaxBytes)
        where T : class
    {
        if (!context.Request.HasJsonContentType()) throw new BadInputException("send a body of content-type application/json");
        return Parse<T>(await ReadBytesAsync(context, most));
    }

    /// <summary>Binds bytes that were read before.</summary>
    public static T Parse<T>(byte[] body)
        where T : class => JsonSerializer.Deserialize<T>(body, HeldarJson.Options) ?? throw new BadInputException("the body must be a JSON object");

    /// <summary>The whole body, at most <paramref name="most"/> bytes; 413 beyond.</summary>
    public static async Task<byte[]> ReadBytesAsync(HttpContext context, int most = MaxBytes)
    {
        if (context.Request.ContentLength > most) throw TooLarge();
        var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (buffer.Length + read > most) throw TooLarge();
            buffer.Write(chunk, 0, read);
        }

        return buffer.ToArray();
    }

    private static BadHttpRequestException TooLarge() => new("too large", StatusCodes.Status413PayloadTooLarge);
}
