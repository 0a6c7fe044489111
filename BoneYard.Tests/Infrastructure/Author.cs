using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace BoneYard.Tests.Infrastructure;

/// <summary>A signed-in author, who uses the forms of the blog.</summary>
internal sealed class Author : Visitor
{
    private Author(Uri address, X509Certificate2? trusted) : base(address, trusted)
    {
    }

    /// <summary>Signs in as the first author.</summary>
    /// <param name="trusted">Root certificate to trust for HTTPS; null uses HTTP.</param>
    public static Task<Author> SignInAsync(Site site, X509Certificate2? trusted = null) => SignInAsync(site, site.AuthorName, site.AuthorPassword, trusted);

    public static async Task<Author> SignInAsync(Site site, string name, string password, X509Certificate2? trusted = null)
    {
        var author = new Author(site.AddressFor(trusted), trusted);
        using var form = await author.OpenAsync("/sign-in");
        using var desk = (await author.PressAsync(form, "Sign in", ("name", name), ("password", password))).WithStatus(HttpStatusCode.OK);
        return desk.Address.AbsolutePath == "/author/" ? author : throw desk.Unexpected("is not the overview of posts");
    }

    /// <summary>Saves a new post.</summary>
    /// <returns>The editor of the post.</returns>
    public Task<Page> WriteAsync(params (string Name, string Value)[] fields) => SaveAsync("/author/posts/new", fields);

    /// <returns>The editor of the post.</returns>
    public Task<Page> PublishAsync(params (string Name, string Value)[] fields) => WriteAsync([.. fields, ("state", "published")]);

    /// <summary>Changes fields of a post.</summary>
    public Task<Page> EditAsync(Page editor, params (string Name, string Value)[] fields) => SaveAsync(editor.Address.AbsolutePath, fields);

    /// <summary>Previews a new post without saving it.</summary>
    public async Task<Page> PreviewAsync(params (string Name, string Value)[] fields)
    {
        using var form = await OpenAsync("/author/posts/new");
        return (await PressAsync(form, "Preview", fields)).WithStatus(HttpStatusCode.OK);
    }

    /// <summary>Presses a button in the overview of posts.</summary>
    /// <param name="state">Filter of the overview.</param>
    public async Task<Page> PressOnDeskAsync(string state, string button)
    {
        using var desk = await OpenAsync($"/author/?state={state}");
        return (await PressAsync(desk, button)).WithStatus(HttpStatusCode.OK);
    }

    /// <summary>Uploads an image file.</summary>
    /// <param name="contentType">Content type that the browser sends.</param>
    public async Task<Page> UploadAsync(byte[] file, string name, string contentType)
    {
        using var gallery = await OpenAsync("/author/media");
        var form = new MultipartFormDataContent
        {
            { new StringContent(gallery.One("main form[enctype] input[name=csrf_token]").GetAttribute("value")!), "csrf_token" },
            { new ByteArrayContent(file) { Headers = { ContentType = new(contentType) } }, "file", name },
        };
        return await PostAsync(gallery, gallery.Address.AbsoluteUri, form);
    }

    private async Task<Page> SaveAsync(string path, (string Name, string Value)[] fields)
    {
        using var form = await OpenAsync(path);
        return (await PressAsync(form, "Save", fields)).WithStatus(HttpStatusCode.OK);
    }
}
