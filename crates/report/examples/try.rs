fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let out = std::env::args().nth(2).unwrap();
    std::fs::create_dir_all(&out).unwrap();
    let results = sparsegrok_study::StudyResults::read(std::path::Path::new(&dir)).unwrap();
    let view = sparsegrok_report::View::of_study(&results).unwrap();
    let figures = sparsegrok_report::figures(&view, Default::default());
    for figure in &figures {
        let svg = sparsegrok_report::draw(figure, sparsegrok_report::Theme::Print);
        std::fs::write(format!("{out}/{}.svg", figure.name), &svg).unwrap();
        std::fs::write(format!("{out}/{}.png", figure.name), sparsegrok_report::png::render(&svg).unwrap()).unwrap();
    }
    std::fs::write(format!("{out}/index.html"), sparsegrok_report::page(&results, &view, &figures, Default::default())).unwrap();
}
