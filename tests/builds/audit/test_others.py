"""Maven, Gradle, Ruby, Composer."""

from builtby.builds.audit.model import Certainty, When
from tests.builds.audit.conftest import Auditing
from tests.builds.audit.looking import findings, hooks, unsafe

POM = """<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <properties><v>1.2</v></properties>
  <repositories><repository><id>a</id><url>http://repo.example/x</url></repository></repositories>
  <dependencies><dependency><groupId>g</groupId><artifactId>d</artifactId><version>1</version></dependency></dependencies>
  <build>
    <pluginManagement><plugins><plugin><artifactId>maven-jar-plugin</artifactId><version>3.0</version></plugin></plugins>
    </pluginManagement>
    <extensions><extension><groupId>g</groupId><artifactId>e</artifactId><version>1</version></extension></extensions>
    <plugins>
      <plugin><artifactId>maven-jar-plugin</artifactId></plugin>
      <plugin><groupId>g</groupId><artifactId>p</artifactId><version>${v}</version>
        <executions><execution><goals><goal>run</goal></goals></execution></executions></plugin>
      <plugin><groupId>g</groupId><artifactId>q</artifactId><version>LATEST</version></plugin>
    </plugins>
  </build>
</project>
"""


def test_maven(audited: Auditing) -> None:
    result = audited({
        "pom.xml": POM, ".mvn/jvm.config": "-javaagent:x.jar\n",
        ".mvn/extensions.xml": "<extensions><extension><groupId>g</groupId><artifactId>core</artifactId>"
                               "<version>1</version></extension></extensions>",
        ".mvn/wrapper/maven-wrapper.properties": "distributionUrl=https://x.example/m.zip\n"})
    assert {(one.name, one.version) for one in result.dependencies} == {
        ("org.apache.maven.plugins:maven-jar-plugin", "3.0"), ("g:p", "1.2"), ("g:q", "LATEST"), ("g:e", "1"),
        ("g:core", "1")}
    assert hooks(result, "g:p") == [("maven-plugin", When.BUILD, Certainty.CERTAIN, "pom.xml", 12)]
    assert hooks(result, "g:core")[0][1] is When.START
    assert result.counts["maven"].dependencies == 6
    assert findings(result) == {"plain-http-source", "maven-plugin-unpinned"}
    assert unsafe(result) == {"maven-jvm-agent", "wrapper-checksum", "gradle-distribution", "maven-processors"}


def test_where_maven_puts_results_is_no_source(audited: Auditing) -> None:
    place = "<repository><url>http://repo.example/put</url></repository>"
    result = audited({"pom.xml": f"<project><distributionManagement>{place}</distributionManagement></project>"})
    assert findings(result) == set()


def test_xml_with_entities_is_refused(audited: Auditing) -> None:
    bomb = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><project>&b;</project>'
    assert "document type" in audited({"pom.xml": bomb}).skipped[0].reason
    assert "nested too deeply" in audited({"pom.xml": "<a>" * 5000}).skipped[0].reason
    assert "no valid XML" in audited({"pom.xml": "<project>"}).skipped[0].reason


def test_gradle(audited: Auditing) -> None:
    result = audited({
        "build.gradle.kts": 'plugins {\n    id("com.example.x") version "1.+"\n    java\n'
                            '    kotlin("jvm") version "2.0.0"\n'
                            '    id("java-library")\n}\napply(from = "https://x.example/a.gradle")\n'
                            'dependencies {\n    kapt("g:proc:1.0")\n}\n',
        "settings.gradle": "rootProject.name = 'x'\n", "init.gradle": "buildscript {\n  classpath 'g:c:2.0'\n}\n"})
    assert hooks(result, "com.example.x") == [
        ("gradle-plugin", When.BUILD, Certainty.CERTAIN, "build.gradle.kts", 2)]
    assert {"org.jetbrains.kotlin.jvm", "g:c", "g:proc"} <= {one.name for one in result.dependencies}
    assert "java-library" not in {one.name for one in result.dependencies}
    assert findings(result) == {"gradle-remote-script", "gradle-plugin-unpinned"}
    assert unsafe(result) == {"gradle-verification"}


def test_gradle_versions_that_stand_elsewhere(audited: Auditing) -> None:
    """What only a script knows is not known."""
    result = audited({
        "gradle.properties": "swagger=2.2.8\n",
        "build.gradle": "plugins {\n  id 'a.b' version \"${swagger}\"\n  id 'c.d' version \"$versions.d\"\n}\n"
                        "buildscript {\n  classpath \"g:c:$swagger\"\n}\n"})
    assert {(one.name, one.version) for one in result.dependencies if not one.project} == {
        ("a.b", "2.2.8"), ("c.d", None), ("g:c", "2.2.8")}


def test_gradle_verification(audited: Auditing) -> None:
    result = audited({"settings.gradle": "", "gradle/verification-metadata.xml":
                      "<verification-metadata><configuration><verify-metadata>true</verify-metadata></configuration>"
                      "</verification-metadata>"})
    assert unsafe(result) == set()


def test_ruby(audited: Auditing) -> None:
    result = audited({
        "Gemfile": "plugin 'bp'\n", "specifications/nokogiri-1.1.gemspec": 's.extensions = ["ext/extconf.rb"]\n',
        "Gemfile.lock": "GIT\n  remote: https://git.example/g\n  specs:\n    g (1.0)\n\nGEM\n  remote: http://gems.example/\n"
                        "  specs:\n    nokogiri (1.1)\n    ffi (1.2-x86_64-linux-gnu)\n      rake (~> 1)\n"})
    assert hooks(result, "g")[0][2] is Certainty.CERTAIN
    assert hooks(result, "nokogiri") == [
        ("gem-extension", When.INSTALL, Certainty.CERTAIN, "specifications/nokogiri-1.1.gemspec", 1)]
    assert hooks(result, "ffi") == []
    assert hooks(result, "bp")[0][0] == "bundler-plugin"
    assert (unsafe(result), findings(result)) == ({"bundler-checksums"}, {"plain-http-source"})


def test_composer(audited: Auditing) -> None:
    result = audited({
        "composer.lock": '{"packages": [{"name": "a/p", "version": "1", "type": "composer-plugin"}, {"name": "a/l",\n'
                         '"version": "1", "autoload": {"files": ["x.php"]}}], "packages-dev": []}',
        "composer.json": '{"name": "a/app", "scripts": {"post-install-cmd": ["@php x"], "test": "phpunit"},\n'
                         '"config": {"allow-plugins": true, "secure-http": false}}'})
    assert hooks(result, "a/p")[0][:2] == ("composer-plugin", When.INSTALL)
    assert hooks(result, "a/l")[0][:2] == ("autoload-file", When.START)
    assert [hook.how for one in result.dependencies if one.project for hook in one.hooks] == [
        "post-install-cmd: @php x"]
    assert unsafe(result) == {"composer-allow-plugins", "composer-plain-http"}
    assert unsafe(audited({"composer.json": '{"config": {"allow-plugins": {"a/p": true}}}'})) == set()
