using Heldar.Fleet.Settings;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;

namespace Heldar.Fleet.Portal;

/// <summary>
/// The built portal: its files as they are, and its page for every path that is not the API's, so that a reload inside the portal works.
/// Hashed files under <c>assets/</c> may be kept for a year, the page never without asking.
/// </summary>
internal static class PortalFiles
{
    public static void UsePortal(this WebApplication app, FleetOptions options)
    {
        if (!Directory.Exists(options.Portal))
        {
            app.Run(context => MissingAsync(context, options.Portal));
            return;
        }

        var files = new PhysicalFileProvider(options.Portal);
        app.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Cache, ContentTypeProvider = Types() });
        app.Run(context => PageAsync(context, files));
    }

    private static FileExtensionContentTypeProvider Types()
    {
        var types = new FileExtensionContentTypeProvider();
        types.Mappings[".webmanifest"] = "application/manifest+json";
        return types;
    }

    private static void Cache(StaticFileResponseContext file) =>
        file.Context.Response.Headers.CacheControl = file.Context.Request.Path.StartsWithSegments("/assets", StringComparison.OrdinalIgnoreCase) ? "public, max-age=31536000, immutable" : "no-cache";

    private static async Task PageAsync(HttpContext context, PhysicalFileProvider files)
    {
        bool reads = HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);
        var page = files.GetFileInfo("index.html");

        // A path that ends in a file name asked for that file, not for the page.
        if (!reads || !page.Exists || Path.HasExtension(context.Request.Path))
        {
            await TextAsync(context, reads ? StatusCodes.Status404NotFound : StatusCodes.Status405MethodNotAllowed, "there is no such page");
            return;
        }

        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-cache";
        context.Response.ContentLength = page.Length;
        if (HttpMethods.IsGet(context.Request.Method)) await context.Response.SendFileAsync(page, context.RequestAborted);
    }

    private static Task MissingAsync(HttpContext context, string folder) =>
        TextAsync(context, StatusCodes.Status503ServiceUnavailable, $"the portal is not built: {folder} does not exist; build cloud/fleet/portal or set HELDAR_PORTAL");

    private static Task TextAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
