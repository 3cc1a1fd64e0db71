package org.adjoint.lens.stepper;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/** Debian's chromium without a screen: opens a page, acts as a reader would, and keeps its log. */
public final class Browser implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  /** How long axe-core may take for a large page on a machine that does much else. */
  private static final Duration SLOWEST = Duration.ofMinutes(3);

  private final ChromeDriver driver;

  public Browser() {
    if (!Files.exists(CHROMIUM) || !Files.exists(DRIVER)) {
      throw new IllegalStateException(
          "-Pbrowser needs "
              + CHROMIUM
              + " and "
              + DRIVER
              + ": apt-get install chromium chromium-driver");
    }
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toString());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--force-prefers-reduced-motion");
    options.setCapability(
        "goog:loggingPrefs", Map.of(LogType.BROWSER, "ALL", LogType.PERFORMANCE, "ALL"));
    ChromeDriverService service =
        new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
    driver = new ChromeDriver(service, options);
    driver.manage().timeouts().scriptTimeout(SLOWEST);
  }

  /** Opens a file. */
  public void open(Path page) {
    driver.get(page.toUri().toString());
  }

  /** Sets the width of the window and the scheme that the reader prefers. */
  public void look(int width, int height, boolean dark) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    Map<String, Object> scheme =
        Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
    driver.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
  }

  /**
   * Shows the page as a reader of dark screens prints it on a sheet of this width, in CSS pixels.
   */
  public void print(int width, int height) {
    driver.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    Map<String, Object> dark = Map.of("name", "prefers-color-scheme", "value", "dark");
    driver.executeCdpCommand(
        "Emulation.setEmulatedMedia", Map.of("media", "print", "features", List.of(dark)));
  }

  /** Prints the page to a file. */
  public void pdf(Path file) {
    Map<String, Object> printed =
        driver.executeCdpCommand("Page.printToPDF", Map.of("printBackground", true));
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, Base64.getDecoder().decode((String) printed.get("data")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public void click(String id) {
    driver.findElement(By.id(id)).click();
  }

  public boolean isEnabled(String id) {
    return driver.findElement(By.id(id)).isEnabled();
  }

  public void press(CharSequence key) {
    driver.findElement(By.tagName("body")).sendKeys(key);
  }

  /** Presses a key while an element has the focus. */
  public void keys(String id, CharSequence key) {
    driver.findElement(By.id(id)).sendKeys(key);
  }

  /** Types a number into the field with this label. */
  public void type(String label, String number) {
    WebElement field = driver.findElement(By.cssSelector("input[aria-label='" + label + "']"));
    field.sendKeys(Keys.chord(Keys.CONTROL, "a"), number, Keys.TAB);
  }

  public String text(String selector) {
    return driver.findElement(By.cssSelector(selector)).getText();
  }

  public Object run(String script, Object... arguments) {
    return driver.executeScript(script, arguments);
  }

  public Object runAsync(String script) {
    return driver.executeAsyncScript(script);
  }

  public void screenshot(Path file) {
    try {
      Files.createDirectories(file.getParent());
      Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what the page has written to its console since the last call. */
  public List<String> console() {
    return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
        .map(LogEntry::getMessage)
        .toList();
  }

  /** Returns what was asked for over a network, or from another file, since the last call. */
  public List<String> requests() {
    List<String> urls = new ArrayList<>();
    for (LogEntry entry : driver.manage().logs().get(LogType.PERFORMANCE)) {
      String message = entry.getMessage();
      if (message.contains("\"Network.requestWillBeSent\"")) {
        String url = message.replaceFirst("(?s).*\"request\":\\{.*?\"url\":\"([^\"]*)\".*", "$1");
        if (!url.startsWith("data:")) {
          urls.add(url);
        }
      }
    }
    return urls;
  }

  @Override
  public void close() {
    driver.quit();
  }
}
